// SPDX-License-Identifier: Apache-2.0
//
// One pair of joined sockets (splice_relay.hh), which owns it and them. Both are watched
// edge-triggered: what an edge has reported holds until a call says otherwise.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/splice_relay.hh"

namespace nsrun::dataplane {

class SplicedPair {
 public:
  // One that is to meet its server within `patience`. Throws SystemError.
  SplicedPair(SpliceRelay& relay, loop::Loop& loop, uint64_t number, base::Fd client,
              const PairName& name, base::Duration patience, SpliceRelay::OnRefused on_refused);
  SplicedPair(const SplicedPair&) = delete;
  SplicedPair& operator=(const SplicedPair&) = delete;

  // Once.
  void meet(os::ConnectAttempt server) noexcept;
  // It has not met its server.
  bool is_waiting() const noexcept { return is_connecting_ && !server_.socket.is_open(); }
  // Moves what can be moved, in both directions, up to a fair share.
  void take_turn() noexcept;
  // Nothing is left to do: both sockets are closed.
  bool is_over() const noexcept { return !client_.socket.is_open(); }
  bool owes_bytes() const noexcept;
  uint64_t number() const noexcept { return number_; }
  const wire::FlowKey& key() const noexcept { return name_.key; }
  const wire::Endpoint& service() const noexcept { return name_.service(); }
  wire::FlowReport report(base::Time now) const noexcept;

  bool has_turn = false;  // the relay's book-keeping

 private:
  struct End final : loop::Source {
    End(SplicedPair& its_pair, loop::Loop& loop) noexcept
        : Source(loop, "spliced connection"), pair(its_pair) {}
    ~End() override { unwatch(); }
    // Throws SystemError.
    void open(base::Fd its_socket);
    // Whoever has made the socket may hold it for a moment still, and keep it in epoll(7).
    void close() noexcept {
      unwatch();
      socket.close();
    }
    void on_ready(uint32_t events, base::Time now) noexcept override;
    bool has_left(uint32_t events) const noexcept;

    SplicedPair& pair;
    base::Fd socket;
    bool is_readable = true;
    bool is_writable = true;
    bool has_urgent_byte = false;
    bool is_lost = false;  // it broke
  };

  struct Direction {
    End& from;
    End& to;
    std::optional<os::Pipe> pipe;  // while there are bytes in it
    size_t held_bytes = 0;         // in the pipe
    uint64_t moved_bytes = 0;      // in all
    bool has_ended = false;        // `from` has said all
    bool is_finished = false;      // and `to` was told
  };

  void finish_connecting(int error) noexcept;
  void leave() noexcept;
  void move(Direction& direction) noexcept;
  size_t fill(Direction& direction, size_t most) noexcept;
  ssize_t read_over_urgent_byte(Direction& direction) noexcept;
  size_t drain(Direction& direction) noexcept;
  void give_back_pipe(Direction& direction) noexcept;
  void close(bool with_reset) noexcept;

  SpliceRelay& relay_;
  const uint64_t number_;
  const PairName name_;
  const base::Time joined_at_;
  End client_;
  End server_;
  Direction to_server_{client_, server_, {}};
  Direction to_client_{server_, client_, {}};
  bool is_connecting_ = true;  // the server is, or is still to be met
  loop::Timer patience_;
  SpliceRelay::OnRefused on_refused_;
};

}  // namespace nsrun::dataplane
