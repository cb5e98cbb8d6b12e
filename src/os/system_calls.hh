// SPDX-License-Identifier: Apache-2.0
//
// What this room's sockets, messages and random numbers need after lock-down.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/system_call.hh"

namespace nsrun::os {

inline constexpr base::SystemCall kSystemCalls[] = {
    // Relays, ports and ping. A type without SOCK_RAW and SOCK_PACKET: SOCK_STREAM is 1, SOCK_DGRAM
    // 2, and both have no higher bit of the low four set.
    {"socket", base::argument_is(0, AF_INET), {1, 0xc, 0}},
    {"socket", base::argument_is(0, AF_INET6), {1, 0xc, 0}},
    {"bind"},
    {"listen"},
    {"connect"},
    {"accept4"},
    {"shutdown"},
    {"getsockname"},
    {"getsockopt", base::argument_is(1, SOL_SOCKET)},
    {"setsockopt", base::argument_is(1, SOL_SOCKET)},
    {"setsockopt", base::argument_is(1, IPPROTO_IP)},
    {"setsockopt", base::argument_is(1, IPPROTO_IPV6)},
    {"setsockopt", base::argument_is(1, IPPROTO_TCP)},
    {"setsockopt", base::argument_is(1, IPPROTO_UDP)},
    {"recvfrom"},  // recv(2) as well
    {"recvmsg"},
    {"recvmmsg"},
    {"sendto"},  // send(2) as well
    {"sendmsg"},
    {"getrandom"},
};

}  // namespace nsrun::os
