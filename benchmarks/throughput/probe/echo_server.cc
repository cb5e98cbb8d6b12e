// SPDX-License-Identifier: Apache-2.0
#include "echo_server.hh"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>

#include "sockets.hh"

namespace nsrun::bench {
namespace {

// Empty when nobody waits any more, or no descriptor is left for the next one.
base::Fd accept_next(base::FdView listener) {
  return base::Fd(::accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

}  // namespace

EchoServer::EchoServer(uint16_t port) : listener_(listen_tcp(port)), datagrams_(bind_udp(port)) {
  poller_.watch_input(listener_);
  poller_.watch_input(datagrams_);
}

void EchoServer::run() {
  for (;;) {
    for (const epoll_event& event : poller_.wait(std::chrono::minutes(1))) {
      const int ready = event.data.fd;
      if (ready == listener_.number()) {
        accept_clients();
      } else if (ready == datagrams_.number()) {
        echo_datagrams();
      } else {
        echo_bytes(ready);
      }
    }
  }
}

void EchoServer::accept_clients() {
  for (;;) {
    base::Fd client = accept_next(listener_);
    if (!client.is_open()) return;
    const int on = 1;
    ::setsockopt(client.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    poller_.watch_input(client);
    const int number = client.number();
    clients_.insert_or_assign(number, std::move(client));
  }
}

void EchoServer::echo_datagrams() {
  std::array<char, 2048> datagram;
  for (;;) {
    sockaddr_storage client{};
    socklen_t client_size = sizeof(client);
    auto* address = reinterpret_cast<sockaddr*>(&client);
    const ssize_t size =
        ::recvfrom(datagrams_.number(), datagram.data(), datagram.size(), 0, address, &client_size);
    if (size < 0) return;
    ::sendto(datagrams_.number(), datagram.data(), static_cast<size_t>(size), 0, address,
             client_size);
  }
}

void EchoServer::echo_bytes(int client) {
  std::array<char, 2048> bytes;
  const ssize_t size = ::recv(client, bytes.data(), bytes.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // A probe has one small message on its way: an answer that does not fit means it is gone.
  if (size <= 0 || ::send(client, bytes.data(), static_cast<size_t>(size), MSG_NOSIGNAL) != size) {
    clients_.erase(client);
  }
}

}  // namespace nsrun::bench
