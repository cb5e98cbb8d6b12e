// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_port.hh"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "os/stream_socket.hh"

namespace nsrun::dataplane {
namespace {

// Clients accepted per wake-up: the listener's turn is bounded like everybody's.
constexpr int kClientsPerTurn = 64;
// Without a free descriptor the waiting clients stay in the kernel's queue for so long.
constexpr base::Duration kPause = std::chrono::milliseconds(100);

}  // namespace

TcpPort::TcpPort(loop::Loop& loop, TcpRelay& relay, const LinkDirectory& links, base::Fd listener,
                 const wire::Endpoint& host, const wire::Endpoint& guest)
    : Source(loop, "published tcp port"),
      relay_(relay),
      links_(links),
      listener_(std::move(listener)),
      host_(host),
      guest_(guest),
      resume_(loop, [this](base::Time) { change(EPOLLIN); }) {
  watch(listener_, EPOLLIN);
  resume_.set({});  // allocates now, where that may throw
  resume_.cancel();
}

void TcpPort::on_ready(uint32_t, base::Time now) noexcept {
  for (int i = 0; i < kClientsPerTurn; ++i) {
    os::SocketAddress address;
    address.length = sizeof address.storage;
    base::Fd client(
        accept4(listener_.number(), address.get(), &address.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client.is_open()) {
      const int error = errno;
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        pause(error, now);
      }
      return;
    }
    const wire::Endpoint from = address.to_endpoint();
    relay_.open_to_guest(std::move(client), from, guest_,
                         links_.link_for(guest_.address, from.address), now);
  }
}

void TcpPort::pause(int error, base::Time now) noexcept {
  if (uint64_t suppressed = 0; pause_log_.allows(now, suppressed)) {
    base::log::warning(
        "clients of {} have to wait: {} ({} more such pauses since the last message)", host_,
        base::error_text(error), suppressed);
  }
  change(0);
  resume_.set(now + kPause);
}

}  // namespace nsrun::dataplane
