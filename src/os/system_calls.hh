// SPDX-License-Identifier: Apache-2.0
//
// What this room's sockets, messages and random numbers need after lock-down.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "base/system_call.hh"

namespace nsrun::os {

// socket(2) of a family, type and protocol, whatever flags are in the type's upper bits.
constexpr base::SystemCall socket_of(uint32_t family, uint32_t type, uint32_t protocol) noexcept {
  return {"socket", base::argument_is(0, family), {1, 0xf, type}, base::argument_is(2, protocol)};
}

inline constexpr base::SystemCall kSystemCalls[] = {
    // Relays, ports, name servers, and ping. Protocol 0 is TCP and UDP; neither raw sockets nor
    // rarer protocols (MPTCP, SCTP, UDP-Lite), whose code few have looked at.
    socket_of(AF_INET, SOCK_STREAM, 0),
    socket_of(AF_INET, SOCK_DGRAM, 0),
    socket_of(AF_INET, SOCK_DGRAM, IPPROTO_ICMP),
    socket_of(AF_INET6, SOCK_STREAM, 0),
    socket_of(AF_INET6, SOCK_DGRAM, 0),
    socket_of(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6),
    {"bind"},
    {"listen"},
    {"connect"},
    {"accept4"},
    {"shutdown"},
    {"getsockname"},
    // Each option by its name: others load code into the kernel (SO_ATTACH_FILTER, TCP_ULP), bind
    // to devices, or are rare enough to hide errors.
    base::socket_option("getsockopt", SOL_SOCKET, SO_ERROR),
    base::socket_option("getsockopt", IPPROTO_TCP, TCP_INFO),  // when netns-ctl asks
    base::socket_option("setsockopt", SOL_SOCKET, SO_REUSEADDR),
    base::socket_option("setsockopt", SOL_SOCKET, SO_KEEPALIVE),
    base::socket_option("setsockopt", SOL_SOCKET, SO_LINGER),
    base::socket_option("setsockopt", SOL_SOCKET, SO_OOBINLINE),
    base::socket_option("setsockopt", SOL_SOCKET, SO_RCVBUF),
    base::socket_option("setsockopt", SOL_SOCKET, SO_SNDBUF),
    base::socket_option("setsockopt", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),  // --outbound-addr
    base::socket_option("setsockopt", IPPROTO_IP, IP_RECVERR),
    base::socket_option("setsockopt", IPPROTO_IP, IP_PKTINFO),
    base::socket_option("setsockopt", IPPROTO_IP, IP_MTU_DISCOVER),
    base::socket_option("setsockopt", IPPROTO_IPV6, IPV6_V6ONLY),
    base::socket_option("setsockopt", IPPROTO_IPV6, IPV6_RECVERR),
    base::socket_option("setsockopt", IPPROTO_IPV6, IPV6_RECVPKTINFO),
    base::socket_option("setsockopt", IPPROTO_IPV6, IPV6_MTU_DISCOVER),
    base::socket_option("setsockopt", IPPROTO_TCP, TCP_NODELAY),
    base::socket_option("setsockopt", IPPROTO_UDP, UDP_GRO),
    {"recvfrom"},  // recv(2) as well
    {"recvmsg"},
    {"recvmmsg"},
    {"sendto"},  // send(2) as well
    {"sendmsg"},
    {"getrandom"},
};

}  // namespace nsrun::os
