// SPDX-License-Identifier: Apache-2.0
#include "dataplane/spliced_pair.hh"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <tuple>
#include <utility>

#include "base/error.hh"

namespace nsrun::dataplane {
namespace {

constexpr uint32_t kEvents = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// What one direction may move per wake-up before others have their turn.
constexpr size_t kTurnBytes = size_t{1} << 20;

}  // namespace

SplicedPair::SplicedPair(SpliceRelay& relay, loop::Loop& loop, uint64_t number, base::Fd client,
                         const PairName& name, base::Duration patience,
                         SpliceRelay::OnRefused on_refused)
    : relay_(relay),
      number_(number),
      name_(name),
      joined_at_(loop.now()),
      client_(*this, loop),
      server_(*this, loop),
      patience_(loop, [this](base::Time) { finish_connecting(ETIMEDOUT); }),
      on_refused_(std::move(on_refused)) {
  client_.open(std::move(client));
  patience_.set(joined_at_ + patience);
}

void SplicedPair::End::open(base::Fd its_socket) {
  socket = std::move(its_socket);
  watch(socket, kEvents);
}

void SplicedPair::meet(os::ConnectAttempt server) noexcept {
  try {
    if (server.socket.is_open()) server_.open(std::move(server.socket));
  } catch (const base::SystemError& error) {
    server.error = error.error_number();
  }
  if (server.error != EINPROGRESS) finish_connecting(server.error);
}

void SplicedPair::End::on_ready(uint32_t events, base::Time) noexcept {
  if (pair.is_connecting_ && this == &pair.server_) {
    // A socket that has not begun to connect hangs up; one that connects is silent.
    if ((events & (EPOLLOUT | EPOLLERR)) != 0)
      pair.finish_connecting(os::take_socket_error(socket));
    return;
  }
  if ((events & EPOLLERR) != 0 && os::take_socket_error(socket) != 0) is_lost = true;
  if ((events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP)) != 0) is_readable = true;
  if ((events & EPOLLOUT) != 0) is_writable = true;
  if ((events & EPOLLPRI) != 0) has_urgent_byte = true;
  if (pair.is_connecting_ && has_left(events)) return pair.leave();
  pair.relay_.wants_turn(pair);
}

// A client that has said all may still want to hear, and one of a Unix socket that is closed may
// have said something.
bool SplicedPair::End::has_left(uint32_t events) const noexcept {
  std::byte first{};
  return is_lost || ((events & EPOLLHUP) != 0 &&
                     recv(socket.number(), &first, sizeof first, MSG_PEEK | MSG_DONTWAIT) <= 0);
}

void SplicedPair::leave() noexcept {
  is_connecting_ = false;
  patience_.cancel();
  close(/*with_reset=*/true);
  relay_.wants_turn(*this);
}

void SplicedPair::finish_connecting(int error) noexcept {
  is_connecting_ = false;
  patience_.cancel();
  relay_.wants_turn(*this);
  if (error == 0) return;
  client_.unwatch();
  base::Fd client = std::move(client_.socket);
  server_.close();
  relay_.release_name(*this);  // it may be needed for the client's next attempt
  on_refused_(std::move(client), error);
}

bool SplicedPair::owes_bytes() const noexcept {
  const auto owes = [](const Direction& direction) {
    return direction.held_bytes > 0 || (direction.from.is_readable && !direction.has_ended);
  };
  return !is_over() && (owes(to_server_) || owes(to_client_));
}

wire::FlowReport SplicedPair::report(base::Time now) const noexcept {
  const auto& [to_guest, to_host] =
      name_.is_published ? std::tie(to_server_, to_client_) : std::tie(to_client_, to_server_);
  const auto round_trip = [](const End& end) {
    return end.socket.is_open() ? os::round_trip_of(end.socket) : base::Duration{};
  };
  return {.kind = wire::FlowKind::kTcp,
          .is_published = name_.is_published,
          .guest = name_.key.guest,
          .remote = name_.key.remote,
          .state = is_connecting_ ? "CONNECTING" : "SPLICED",
          .bytes_to_host = to_host.moved_bytes,
          .bytes_to_guest = to_guest.moved_bytes,
          .age = now - joined_at_,
          .host_round_trip = round_trip(to_host.to),
          .guest_round_trip = round_trip(to_guest.to)};
}

void SplicedPair::take_turn() noexcept {
  if (is_over() || is_connecting_) return;
  move(to_server_);
  move(to_client_);
  if (client_.is_lost || server_.is_lost) {
    close(/*with_reset=*/true);
  } else if (to_server_.is_finished && to_client_.is_finished) {
    close(/*with_reset=*/false);
  }
}

void SplicedPair::move(Direction& direction) noexcept {
  size_t left = kTurnBytes;
  for (bool moved = true; moved && left > 0;) {
    const size_t taken = fill(direction, left);
    left -= taken;
    moved = drain(direction) > 0 || taken > 0;
  }
  if (left == 0) relay_.wants_turn(*this);
  if (direction.held_bytes > 0) return;
  give_back_pipe(direction);
  if (!direction.has_ended || direction.is_finished || direction.from.is_lost) return;
  shutdown(direction.to.socket.number(), SHUT_WR);
  // The kernel has all of it: it shall arrive whatever becomes of us.
  os::linger_normally(direction.to.socket);
  direction.is_finished = true;
}

// How many bytes went from the socket into the pipe.
size_t SplicedPair::fill(Direction& direction, size_t most) noexcept {
  End& from = direction.from;
  if (!from.is_readable || direction.has_ended) return 0;
  if (!direction.pipe) direction.pipe = relay_.take_pipe();
  if (!direction.pipe) {
    relay_.wants_turn(*this);  // when somebody has given one back
    return 0;
  }
  ssize_t count = os::move_bytes(from.socket, direction.pipe->in, most);
  if (count == 0 || (count < 0 && errno == EAGAIN && from.has_urgent_byte)) {
    if (direction.held_bytes > 0) return 0;  // first that
    count = read_over_urgent_byte(direction);
  }
  if (count < 0 && errno == EAGAIN && direction.held_bytes == 0) from.is_readable = false;
  if (count > 0) {
    direction.held_bytes += static_cast<size_t>(count);
    return static_cast<size_t>(count);
  }
  if (count == 0) {
    direction.has_ended = true;
  } else if (errno != EAGAIN) {  // that, with bytes held: the pipe may be full
    from.is_lost = true;
  }
  return 0;
}

// In front of an urgent byte splice(2) stops, and says that this is the end when an end follows;
// recv(2) goes over it (SO_OOBINLINE). An empty pipe takes what it brings.
ssize_t SplicedPair::read_over_urgent_byte(Direction& direction) noexcept {
  direction.from.has_urgent_byte = false;
  std::array<std::byte, 2048> bytes;
  const ssize_t count =
      recv(direction.from.socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count <= 0) return count;
  return write(direction.pipe->in.number(), bytes.data(), static_cast<size_t>(count));
}

// How many bytes went from the pipe into the other socket.
size_t SplicedPair::drain(Direction& direction) noexcept {
  if (direction.held_bytes == 0 || !direction.to.is_writable) return 0;
  const ssize_t count =
      os::move_bytes(direction.pipe->out, direction.to.socket, direction.held_bytes);
  if (count > 0) {
    direction.held_bytes -= static_cast<size_t>(count);
    direction.moved_bytes += static_cast<uint64_t>(count);
    return static_cast<size_t>(count);
  }
  if (count < 0 && errno != EAGAIN) direction.to.is_lost = true;
  direction.to.is_writable = false;
  return 0;
}

void SplicedPair::give_back_pipe(Direction& direction) noexcept {
  if (!direction.pipe) return;
  relay_.give_back(std::move(*direction.pipe));
  direction.pipe.reset();
}

void SplicedPair::close(bool with_reset) noexcept {
  for (End* end : {&client_, &server_}) {
    if (with_reset) os::linger_with_reset(end->socket);
    end->close();
  }
}

}  // namespace nsrun::dataplane
