// SPDX-License-Identifier: Apache-2.0
#include "dns/upstream_socket.hh"

#include <netinet/in.h>
#include <sys/socket.h>

#include "os/socket_address.hh"

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

}  // namespace

base::Fd connect_to_upstream(const Upstream& server, uint16_t port) noexcept {
  const auto name = os::SocketAddress::from({server.address, port}, server.interface);
  base::Fd socket(::socket(name.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  report_all_icmp_errors(socket, server.address.is_v4());
  if (::connect(socket.number(), name.get(), name.length) < 0) return {};
  return socket;
}

}  // namespace nsrun::dns
