// SPDX-License-Identifier: Apache-2.0
//
// What libslirp does beyond what our own relays do.
#pragma once

#include <fcntl.h>

#include <cerrno>

#include "base/system_call.hh"

namespace nsrun::slirp {

inline constexpr base::SystemCall kSystemCalls[] = {
    {"accept"},
    {"getpeername"},
    {"fcntl", base::argument_is(1, F_GETFL)},
    {"fcntl", base::argument_is(1, F_SETFL)},
    // Each router advertisement looks for name servers in resolv.conf. There is none in the empty
    // root; killing for it would let a guest end us by a router solicitation.
    {.name = "open", .error_number = ENOENT},  // older C libraries
    {.name = "openat", .error_number = ENOENT},
    {.name = "stat", .error_number = ENOENT},  // older C libraries
    {.name = "newfstatat", .error_number = ENOENT},
};

}  // namespace nsrun::slirp
