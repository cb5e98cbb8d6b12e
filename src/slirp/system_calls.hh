// SPDX-License-Identifier: Apache-2.0
//
// What libslirp does beyond what our own relays do.
#pragma once

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "base/system_call.hh"

namespace nsrun::slirp {

inline constexpr base::SystemCall kSystemCalls[] = {
    {"accept"},
    {"getpeername"},
    {"fcntl", base::argument_is(1, F_GETFL)},
    {"fcntl", base::argument_is(1, F_SETFL)},
    {"ioctl", base::argument_is(1, FIONREAD)},
    base::socket_option("setsockopt", IPPROTO_IP, IP_TTL),  // traceroute, from libslirp 4.8 on
    // Each router advertisement looks for name servers in resolv.conf. There is none in the empty
    // root; killing for it would let a guest end us by a router solicitation.
    {.name = "open", .error_number = ENOENT},
    {.name = "openat", .error_number = ENOENT},
    {.name = "stat", .error_number = ENOENT},
    {.name = "newfstatat", .error_number = ENOENT},
};

}  // namespace nsrun::slirp
