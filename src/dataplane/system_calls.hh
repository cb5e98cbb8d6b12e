// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include "base/system_call.hh"

namespace nsrun::dataplane {

inline constexpr base::SystemCall kSystemCalls[] = {
    {"read"},    // frames from the TAP
    {"writev"},  // frames to it
    // Past the TAP: spliced connections. Nothing else that pipe2(2) makes.
    {"pipe2", {1, ~uint64_t{O_CLOEXEC | O_NONBLOCK}, 0}},
    {"splice"},                                     // likewise
    {"fcntl", base::argument_is(1, F_SETPIPE_SZ)},  // likewise
    {"getegid"},                                    // for the message that names ping_group_range
};

}  // namespace nsrun::dataplane
