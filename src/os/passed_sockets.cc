// SPDX-License-Identifier: Apache-2.0
#include "os/passed_sockets.hh"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/error.hh"
#include "os/socket_address.hh"
#include "os/stream_socket.hh"

namespace nsrun::os {
namespace {

std::optional<int> option(base::FdView fd, int name) noexcept {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd.number(), SOL_SOCKET, name, &value, &length) < 0) return std::nullopt;
  return value;
}

bool is_connected(base::FdView fd) noexcept {
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  return getpeername(fd.number(), peer.get(), &peer.length) == 0;
}

base::Result<wire::Transport> transport_of(base::FdView fd) {
  const auto protocol = option(fd, SO_PROTOCOL);
  if (!protocol) return base::Error{"it is not a socket"};
  const int family = option(fd, SO_DOMAIN).value_or(AF_UNSPEC);
  if (family != AF_INET && family != AF_INET6) {
    return base::Error{"it is not an IPv4 or IPv6 socket"};
  }
  if (protocol == IPPROTO_TCP) {
    if (option(fd, SO_ACCEPTCONN) != 1)
      return base::Error{"it is a TCP socket that does not listen"};
    return wire::Transport::kTcp;
  }
  if (protocol == IPPROTO_UDP) {
    if (is_connected(fd)) return base::Error{"it is a connected UDP socket"};
    if (local_endpoint(fd).port == 0) return base::Error{"it is a UDP socket that is not bound"};
    return wire::Transport::kUdp;
  }
  return base::Error{"it is neither a TCP nor a UDP socket"};
}

}  // namespace

std::optional<base::Error> PassedSockets::add(base::Fd fd, uint16_t guest_port) {
  const auto transport = transport_of(fd);
  if (!transport) return base::Error{transport.error()};
  PassedSocket socket{std::move(fd), *transport, {}, guest_port};
  socket.local = local_endpoint(socket.fd);
  if (guest_port == 0) socket.guest_port = socket.local.port;
  const bool is_known = std::ranges::any_of(sockets_, [&](const PassedSocket& other) {
    return other.transport == socket.transport && other.local == socket.local;
  });
  if (is_known) return base::Error{fmt::format("another one is bound to {} as well", socket.local)};
  sockets_.push_back(std::move(socket));
  return std::nullopt;
}

base::Fd PassedSockets::take(wire::Transport transport, const wire::Endpoint& local) noexcept {
  const auto found = std::ranges::find_if(sockets_, [&](const PassedSocket& socket) {
    return socket.transport == transport && socket.local == local;
  });
  if (found == sockets_.end()) return {};
  base::Fd fd = std::move(found->fd);
  sockets_.erase(found);
  return fd;
}

}  // namespace nsrun::os
