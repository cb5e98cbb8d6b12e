// SPDX-License-Identifier: Apache-2.0
//
// What the launcher and the helper say to each other over their SOCK_SEQPACKET pair. The helper's
// configuration is on its command line; the socket carries what only a socket can: descriptors, the
// answer, and what changes at run time.
//
//   launcher -> helper   Hello, with the TAP's descriptor; a helper that follows a dead one also
//                        gets a memory file with the KnownForwards, which count instead of its -p
//   helper -> launcher   ForwardAdded for each -p, then Answer: ready, or failed with the reason;
//                        once ready ForwardAdded and ForwardRemoved, each before the API's client
//                        gets its answer
//
// The socket stays open: each side learns of the other's end by its hang-up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"
#include "rules/port_rule.hh"

namespace nsrun {

// Grows when a message changes its meaning. Both programs come from one build; the check is for
// installations that were mixed up.
inline constexpr uint32_t kHandshakeVersion = 3;

// Of the API. Far from where the next one would overflow.
inline constexpr int kMaxForwardId = 1 << 30;

struct Hello {
  uint32_t version = kHandshakeVersion;
};

struct Answer {
  bool is_ready = false;
  std::string reason;  // why not, in words for the user; empty when ready
};

struct ForwardAdded {
  int id = 0;                  // of the API
  rules::PortForward forward;  // as it was asked for
  bool is_automatic = false;   // of -p auto: goes when nobody in the guest listens any more
};

struct ForwardRemoved {
  int id = 0;
};

using ForwardChange = std::variant<ForwardAdded, ForwardRemoved>;
using HelperMessage = std::variant<Answer, ForwardAdded, ForwardRemoved>;

struct KnownForward {
  rules::PortForward forward;
  bool is_automatic = false;
  friend bool operator==(const KnownForward&, const KnownForward&) = default;
};

// The forwards of a helper as its launcher knows them.
class KnownForwards {
 public:
  using ById = std::map<int, KnownForward>;

  // What is beyond every port of both protocols and families is not kept: a helper that the guest
  // has taken over must not fill the launcher's memory.
  void apply(const ForwardAdded& added);
  void apply(const ForwardRemoved& removed) { by_id_.erase(removed.id); }

  const ById& by_id() const noexcept { return by_id_; }
  // The highest that was ever given, and may be used no more.
  int last_id() const noexcept { return last_id_; }
  void set_last_id(int id) noexcept { last_id_ = id; }

 private:
  ById by_id_;
  int last_id_ = 0;
};

std::vector<std::byte> encode(const Hello& hello);
std::vector<std::byte> encode(const Answer& answer);
std::vector<std::byte> encode(const ForwardAdded& added);
std::vector<std::byte> encode(const ForwardRemoved& removed);
std::vector<std::byte> encode(const KnownForwards& forwards);
// The error says what is wrong with the message, and on a version mismatch which of the programs is
// older.
base::Result<Hello> decode_hello(base::Bytes bytes);
base::Result<HelperMessage> decode_helper_message(base::Bytes bytes);
base::Result<KnownForwards> decode_known_forwards(base::Bytes bytes);

}  // namespace nsrun
