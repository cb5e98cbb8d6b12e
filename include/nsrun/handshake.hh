// SPDX-License-Identifier: Apache-2.0
//
// What the launcher and the helper say to each other over their SOCK_SEQPACKET pair, one message
// each. The helper's configuration is on its command line; the socket carries what only a socket
// can: descriptors, and the answer.
//
//   launcher -> helper   Hello, with the TAP's descriptor
//   helper -> launcher   Answer: ready, or failed with the reason
//
// The socket then stays open: each side learns of the other's end by its hang-up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"

namespace nsrun {

// Grows when a message changes its meaning. Both programs come from one build; the check is for
// installations that were mixed up.
inline constexpr uint32_t kHandshakeVersion = 1;

struct Hello {
  uint32_t version = kHandshakeVersion;
};

struct Answer {
  bool is_ready = false;
  std::string reason;  // why not, in words for the user; empty when ready
};

std::vector<std::byte> encode(const Hello& hello);
std::vector<std::byte> encode(const Answer& answer);
// The error says what is wrong with the message, and on a version mismatch which of the programs is
// older.
base::Result<Hello> decode_hello(base::Bytes bytes);
base::Result<Answer> decode_answer(base::Bytes bytes);

}  // namespace nsrun
