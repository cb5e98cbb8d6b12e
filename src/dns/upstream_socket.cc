// SPDX-License-Identifier: Apache-2.0
#include "dns/upstream_socket.hh"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace nsrun::dns {
namespace {

// ip(7): without IP_RECVERR only "port unreachable" reaches the socket, and a dead network takes
// the whole time-out. That is all that a failure costs.
void report_all_icmp_errors(base::FdView socket, bool is_v4) noexcept {
  const int on = 1;
  if (is_v4) {
    ::setsockopt(socket.number(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  } else {
    ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  }
}

int connect_v4(base::FdView socket, const wire::Endpoint& server) noexcept {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(server.port);
  name.sin_addr.s_addr = htonl(server.address.v4_value());
  return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
}

int connect_v6(base::FdView socket, const wire::Endpoint& server) noexcept {
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(server.port);
  std::memcpy(&name.sin6_addr, server.address.octets().data(), sizeof name.sin6_addr);
  return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
}

}  // namespace

base::Fd connect_to_upstream(const wire::Endpoint& server) noexcept {
  const bool is_v4 = server.address.is_v4();
  base::Fd socket(
      ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  report_all_icmp_errors(socket, is_v4);
  if ((is_v4 ? connect_v4(socket, server) : connect_v6(socket, server)) < 0) return {};
  return socket;
}

}  // namespace nsrun::dns
