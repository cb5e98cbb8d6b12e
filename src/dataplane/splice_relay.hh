// SPDX-License-Identifier: Apache-2.0
//
// Pairs of TCP sockets, joined: what comes out of one goes into the other by splice(2) through a
// pipe, and the bytes never enter this process. For connections that do not pass the TAP: one
// socket is the host's, the other one of the guest's network (inside_client.hh).
//
// A direction reads as much as a pipe holds and no more before the other side has taken it, so that
// a slow reader stops the writer. The end of a stream is passed on as such once all before it is in
// the kernel's hands (half-close); when a side breaks, what it said before is passed on as far as
// the other takes it at once, and then that gets a reset, too. Until the orderly end both sockets
// carry SO_LINGER {1, 0}: should the helper die, both sides see a reset.
//
// Bounded: so many connections, two descriptors each, and two more for each direction that has
// bytes under way. Nothing is allocated for bytes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/fd.hh"
#include "base/log.hh"
#include "dataplane/flow_table.hh"
#include "loop/loop.hh"
#include "os/pipe.hh"
#include "os/stream_socket.hh"
#include "wire/flow_report.hh"

namespace nsrun::dataplane {

class SplicedPair;

// What a pair is in the guest's eyes.
struct PairName {
  wire::FlowKey key;
  bool is_published = false;  // its client is not the guest's
};

class SpliceRelay {
 public:
  // The server's socket could not connect: `error` is why, `client` is as it was given.
  using OnRefused = std::function<void(base::Fd client, int error)>;

  static constexpr size_t kMostPairs = 4096;

  explicit SpliceRelay(loop::Loop& loop);
  ~SpliceRelay();

  // Joins `client`, from which nothing is read before `server` has connected. Both are non-blocking
  // and have os::set_relay_options(). `on_refused` is called once at most, perhaps at once, and
  // must not throw; also, with ETIMEDOUT, where `patience` (zero: the kernel's own) is over. Where
  // there is no room the client is reset, and a rate-limited warning says so.
  void join(base::Fd client, os::ConnectAttempt server, const PairName& name, OnRefused on_refused,
            base::Duration patience = {}) noexcept;
  // At the end of every wake-up: moves what can be moved, and forgets what has ended.
  void settle() noexcept;

  size_t pair_count() const noexcept { return pairs_.size(); }
  bool has(const wire::FlowKey& key) const noexcept;
  // FlowTable::visit_some()'s part of them.
  std::optional<size_t> report_some(size_t position, size_t slots, base::Time now,
                                    std::vector<wire::FlowReport>& reports) const;
  // Bytes that somebody sent are still on their way. Looks at all pairs.
  bool owes_bytes() const noexcept;

 private:
  friend class SplicedPair;

  // What joined sockets ask of it.
  void wants_turn(SplicedPair& pair) noexcept;
  std::optional<os::Pipe> take_pipe() noexcept;
  void give_back(os::Pipe pipe) noexcept;  // empty
  void take_name_off(const SplicedPair& pair) noexcept;

  void adopt(base::Fd client, os::ConnectAttempt server, const PairName& name,
             base::Duration patience, OnRefused on_refused);
  void take_turn(SplicedPair& pair) noexcept;
  void refuse(int error) noexcept;

  loop::Loop& loop_;
  std::unordered_map<const SplicedPair*, std::unique_ptr<SplicedPair>> pairs_;
  // Without one whose name an older pair has: its connection in the guest has ended, the rest not.
  FlowTable<SplicedPair> named_;
  std::vector<SplicedPair*> turns_;   // wanted at the end of this wake-up
  std::vector<SplicedPair*> taking_;  // being taken
  std::vector<os::Pipe> spare_pipes_;
  bool lacks_pipes_ = false;  // the system had none for somebody
  loop::Timer next_turns_;    // so that there is another wake-up
  base::log::RateLimit refusal_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
