// SPDX-License-Identifier: Apache-2.0
#include "os/stream_socket.hh"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

#include "os/socket_address.hh"

namespace nsrun::os {
namespace {

void set_option(base::FdView socket, int level, int name, int value) noexcept {
  setsockopt(socket.number(), level, name, &value, sizeof value);
}

void set_linger(base::FdView socket, const linger& value) noexcept {
  setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

// The address from which the host would speak to `remote`: what UDP's connect() chooses. Nothing is
// sent.
std::optional<wire::IpAddress> source_towards(base::FdView probe,
                                              const SocketAddress& remote) noexcept {
  if (connect(probe.number(), remote.get(), remote.length) < 0) return std::nullopt;
  return local_endpoint(probe).address;
}

bool has_source_towards(const SocketAddress& remote) noexcept {
  const base::Fd probe(socket(remote.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe.is_open() && source_towards(probe, remote);
}

}  // namespace

ConnectAttempt connect_with(base::Fd socket, const wire::Endpoint& destination) noexcept {
  const SocketAddress to = SocketAddress::from(destination);
  set_relay_options(socket);
  const int error = connect(socket.number(), to.get(), to.length) < 0 ? errno : 0;
  return {std::move(socket), error};
}

ConnectAttempt start_connect(const wire::Endpoint& destination,
                             const std::optional<wire::IpAddress>& source,
                             uint32_t scope) noexcept {
  ConnectAttempt attempt;
  const SocketAddress to = SocketAddress::from(destination, scope);
  attempt.socket =
      base::Fd(socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int number = attempt.socket.number();
  if (number < 0) {
    attempt.error = errno;
    return attempt;
  }
  set_relay_options(attempt.socket);
  if (source) {
    const SocketAddress from = SocketAddress::from({*source, 0});
    // Leaves the choice of the port to connect(), which knows all four parts of the tuple.
    set_option(attempt.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (bind(number, from.get(), from.length) < 0) {
      attempt.error = errno == EADDRNOTAVAIL ? ENETUNREACH : errno;
      return attempt;
    }
  }
  if (connect(number, to.get(), to.length) < 0) attempt.error = errno;
  if (attempt.error == EADDRNOTAVAIL && !has_source_towards(to)) attempt.error = ENETUNREACH;
  return attempt;
}

OpenedListener listen_on(const wire::Endpoint& local) noexcept {
  const int family = local.address.is_v4() ? AF_INET : AF_INET6;
  base::Fd made(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.is_open()) return {.socket = {}, .error = errno};
  return listen_with(std::move(made), local);
}

OpenedListener listen_with(base::Fd socket, const wire::Endpoint& local) noexcept {
  const SocketAddress address = SocketAddress::from(local);
  const int number = socket.number();
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (local.address.is_v6()) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_relay_options(socket);
  if (bind(number, address.get(), address.length) < 0 || listen(number, SOMAXCONN) < 0) {
    return {.socket = {}, .error = errno};
  }
  return {.socket = std::move(socket), .error = 0};
}

int bind_error(base::FdView socket, const wire::Endpoint& local) noexcept {
  const SocketAddress address = SocketAddress::from(local);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);  // connections that have ended are no listeners
  return bind(socket.number(), address.get(), address.length) < 0 ? errno : 0;
}

void set_non_blocking(base::FdView socket) noexcept {
  const int flags = fcntl(socket.number(), F_GETFL);
  if (flags >= 0) fcntl(socket.number(), F_SETFL, flags | O_NONBLOCK);
}

void set_relay_options(base::FdView socket) noexcept {
  linger_with_reset(socket);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);  // the guest's kernel has done Nagle's work
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, SOL_SOCKET, SO_OOBINLINE, 1);  // RFC 6093: urgent bytes in line
}

void linger_normally(base::FdView socket) noexcept { set_linger(socket, {0, 0}); }

void linger_with_reset(base::FdView socket) noexcept { set_linger(socket, {1, 0}); }

int take_socket_error(base::FdView socket) noexcept {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
  return error;
}

base::Duration round_trip_of(base::FdView socket) noexcept {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(socket.number(), IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return {};
  return std::chrono::microseconds(info.tcpi_rtt);
}

wire::Endpoint local_endpoint(base::FdView socket) noexcept {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(socket.number(), address.get(), &address.length) < 0) return {};
  return address.to_endpoint();
}

bool is_own_address(const wire::IpAddress& address) noexcept {
  // To itself a host speaks from the address that it speaks to. (That an address can be bound says
  // less: net.ipv4.ip_nonlocal_bind allows every one.)
  constexpr uint16_t kAnyPort = 9;
  const SocketAddress there = SocketAddress::from({address, kAnyPort});
  const base::Fd probe(socket(there.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // Without a descriptor nothing is known, and to be taken for the host reveals least.
  if (!probe.is_open()) return errno == EMFILE || errno == ENFILE;
  return source_towards(probe, there) == address;
}

}  // namespace nsrun::os
