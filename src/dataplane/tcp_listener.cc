// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_listener.hh"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/error.hh"
#include "os/socket_address.hh"

namespace nsrun::dataplane {
namespace {

constexpr uint32_t kEvents = EPOLLIN | EPOLLRDHUP;
// Clients accepted per wake-up: the listener's turn is bounded like everybody's.
constexpr int kClientsPerTurn = 64;
// Without a free descriptor the waiting clients stay in the kernel's queue for so long.
constexpr base::Duration kPause = std::chrono::milliseconds(100);

}  // namespace

TcpListener::TcpListener(loop::Loop& loop, const char* name, base::Fd socket, std::string place,
                         OnClient on_client)
    : Source(loop, name),
      socket_(std::move(socket)),
      place_(std::move(place)),
      on_client_(std::move(on_client)),
      resume_(loop, [this](base::Time) { change(kEvents); }) {
  watch(socket_, kEvents);
}

void TcpListener::on_ready(uint32_t events, base::Time now) noexcept {
  if ((events & (EPOLLHUP | EPOLLRDHUP)) != 0) return give_up();  // of a listener: for ever
  for (int i = 0; i < kClientsPerTurn; ++i) {
    os::SocketAddress address;
    address.length = sizeof address.storage;
    base::Fd client(
        accept4(socket_.number(), address.get(), &address.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client.is_open()) {
      const int error = errno;
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        pause(error, now);
      }
      return;
    }
    on_client_(std::move(client), address.to_endpoint(), now);
  }
}

void TcpListener::pause(int error, base::Time now) noexcept {
  if (uint64_t suppressed = 0; pause_log_.allows(now, suppressed)) {
    base::log::warning(
        "clients of {} have to wait: {} ({} more such pauses since the last message)", place_,
        base::error_text(error), suppressed);
  }
  change(0);
  resume_.set(now + kPause);
}

void TcpListener::give_up() noexcept {
  base::log::warning("{} {} is closed: others have shut down or destroyed its socket", name(),
                     place_);
  resume_.cancel();
  unwatch();
  socket_.close();
}

}  // namespace nsrun::dataplane
