// SPDX-License-Identifier: Apache-2.0
#include "slirp/socket_table.hh"

#include "base/error.hh"
#include "base/log.hh"

namespace nsrun::slirp {

class SocketTable::Socket final : public loop::Source {
 public:
  Socket(loop::Loop& loop, SocketTable& table) noexcept
      : loop::Source(loop, "libslirp socket"), table_(table) {}

  void on_ready(uint32_t events, base::Time) noexcept override {
    ready |= events;
    table_.has_ready_ = true;
  }

  uint32_t ready = 0;
  uint64_t wanted_in_round = 0;
  bool is_listed = false;  // in watched_

 private:
  SocketTable& table_;
};

SocketTable::SocketTable(loop::Loop& loop) noexcept : loop_(loop) {}

SocketTable::~SocketTable() = default;

SocketTable::Socket& SocketTable::socket_at(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  if (!sockets_[index]) sockets_[index] = std::make_unique<Socket>(loop_, *this);
  return *sockets_[index];
}

bool SocketTable::want(int fd, uint32_t events) noexcept {
  Socket& socket = socket_at(fd);
  if (socket.is_watching()) {
    socket.change(events);
  } else {
    try {
      socket.watch(base::FdView(fd), events);
    } catch (const base::SystemError& error) {
      base::log::warning("libslirp: {}", error.what());
      return false;
    }
  }
  if (!socket.is_listed) watched_.push_back(fd);
  socket.is_listed = true;
  socket.wanted_in_round = round_;
  return true;
}

void SocketTable::end_wishes() noexcept {
  std::erase_if(watched_, [this](int fd) {
    Socket& socket = socket_at(fd);
    socket.is_listed = socket.is_watching() && socket.wanted_in_round == round_;
    if (!socket.is_listed) socket.unwatch();
    return !socket.is_listed;
  });
}

void SocketTable::forget(int fd) noexcept {
  const auto index = static_cast<size_t>(fd);
  if (fd < 0 || index >= sockets_.size() || !sockets_[index]) return;
  sockets_[index]->unwatch();
  sockets_[index]->ready = 0;
}

uint32_t SocketTable::ready(int fd) const noexcept {
  return sockets_[static_cast<size_t>(fd)]->ready;
}

void SocketTable::clear_ready() noexcept {
  for (const int fd : watched_) socket_at(fd).ready = 0;
  has_ready_ = false;
}

}  // namespace nsrun::slirp
