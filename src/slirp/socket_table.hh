// SPDX-License-Identifier: Apache-2.0
//
// libslirp's sockets as sources of the loop. libslirp tells after every poll which descriptors it
// wants to hear of; the table compares that with what the loop watches and changes the difference.
// What becomes ready is collected until the engine polls.
//
// libslirp owns the descriptors. It says before it closes one and after it opens one (forget()), so
// a number that is used again is never mistaken for its former self.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "loop/loop.hh"

namespace nsrun::slirp {

class SocketTable {
 public:
  explicit SocketTable(loop::Loop& loop) noexcept;
  SocketTable(const SocketTable&) = delete;
  SocketTable& operator=(const SocketTable&) = delete;
  ~SocketTable();

  // libslirp's list of wishes: begin, any number of want() with epoll events, end.
  void begin_wishes() noexcept { ++round_; }
  // False when the loop cannot watch the descriptor.
  bool want(int fd, uint32_t events) noexcept;
  void end_wishes() noexcept;

  // Nothing is watched under this number until it is wanted again.
  void forget(int fd) noexcept;

  bool has_ready() const noexcept { return has_ready_; }
  // What has become ready since the last clear_ready(), as epoll events.
  uint32_t ready(int fd) const noexcept;
  void clear_ready() noexcept;

 private:
  class Socket;
  Socket& socket_at(int fd);

  loop::Loop& loop_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // by descriptor; kept for the number's next use
  std::vector<int> watched_;                      // of the last round, and of this one so far
  uint64_t round_ = 0;
  bool has_ready_ = false;
};

}  // namespace nsrun::slirp
