// SPDX-License-Identifier: Apache-2.0
#include "os/echo_socket.hh"

#include <netinet/in.h>

#include <cerrno>
#include <utility>

#include "os/socket_address.hh"

namespace nsrun::os {

OpenedEchoSocket open_echo_socket(const wire::IpAddress& destination,
                                  const std::optional<wire::IpAddress>& source) noexcept {
  OpenedEchoSocket opened;
  const bool is_v4 = destination.is_v4();
  base::Fd socket(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           is_v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}));
  if (!socket.is_open()) {
    opened.error = errno;
    return opened;
  }
  const int on = 1;
  if (is_v4) {
    setsockopt(socket.number(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  } else {
    setsockopt(socket.number(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  }
  const SocketAddress to = SocketAddress::from({destination, 0});
  if (source) {
    const SocketAddress from = SocketAddress::from({*source, 0});
    if (bind(socket.number(), from.get(), from.length) < 0) opened.error = errno;
  }
  if (opened.error == 0 && connect(socket.number(), to.get(), to.length) < 0) {
    opened.error = errno;
  }
  if (opened.error == 0) opened.socket = std::move(socket);
  return opened;
}

}  // namespace nsrun::os
