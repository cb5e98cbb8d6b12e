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
// bytes under way. Nothing is allocated for bytes. A service has at most three times as many of
// these places as are free, so that there are some for others however many clients it has. Who
// waits for a server has his for a while only, and not after he has gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
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

  const wire::Endpoint& service() const noexcept { return is_published ? key.guest : key.remote; }
};

class SpliceRelay {
 public:
  // The server could not be reached: `error` is why, ETIMEDOUT also when the patience is over.
  // `client` is as it was given.
  using OnRefused = std::function<void(base::Fd client, int error)>;

  static constexpr size_t kMostPairs = 4096;

  // Time for some repetitions of a SYN to a service whose queue is full (listen(2)).
  static constexpr base::Duration kPatience = std::chrono::seconds(10);

  // `patience`: how long clients wait for their servers, unless join() is told.
  explicit SpliceRelay(loop::Loop& loop, base::Duration patience = kPatience);
  ~SpliceRelay();

  // Joins `client`, from which nothing is read before `server` has connected. Both are non-blocking
  // and have os::set_relay_options(). `on_refused` is called once at most, perhaps at once, and
  // must not throw; not when the client leaves meanwhile. Where there is no room the client is
  // reset, and a rate-limited warning says so.
  void join(base::Fd client, os::ConnectAttempt server, const PairName& name, OnRefused on_refused,
            std::optional<base::Duration> patience = std::nullopt) noexcept;
  // The same for a server that is still to come: meet() what this returns. 0: there is no room.
  uint64_t hold(base::Fd client, const PairName& name, OnRefused on_refused,
                std::optional<base::Duration> patience = std::nullopt) noexcept;
  // False, and `server` is left alone, when the client waits no longer.
  bool meet(uint64_t number, os::ConnectAttempt& server) noexcept;
  bool is_waiting(uint64_t number) const noexcept;
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
  void release_name(const SplicedPair& pair) noexcept;

  bool has_place_for(const wire::Endpoint& service) const noexcept;
  void adopt(base::Fd client, const PairName& name, base::Duration patience, OnRefused on_refused);
  SplicedPair* find_waiting(uint64_t number) const noexcept;
  void forget(SplicedPair& pair) noexcept;
  void close_unused_pipes(base::Time now) noexcept;
  void tell_refusal(const char* why) noexcept;

  loop::Loop& loop_;
  const base::Duration patience_;
  uint64_t last_number_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<SplicedPair>> pairs_;
  std::map<wire::Endpoint, size_t> pairs_of_;  // of a service; none: no entry
  // Without one whose name an older pair has: its connection in the guest has ended, the rest not.
  FlowTable<SplicedPair> named_;
  std::vector<SplicedPair*> turns_;   // wanted at the end of this wake-up
  std::vector<SplicedPair*> taking_;  // being taken
  std::vector<os::Pipe> spare_pipes_;
  size_t unused_pipes_ = 0;  // of the spare ones, since close_pipes_ was set
  loop::Timer close_pipes_;
  bool lacks_pipes_ = false;  // the system had none for somebody
  loop::Timer next_turns_;    // so that there is another wake-up
  base::log::RateLimit refusal_log_{std::chrono::seconds(10)};
};

}  // namespace nsrun::dataplane
