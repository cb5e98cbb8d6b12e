// SPDX-License-Identifier: Apache-2.0
//
// GLib's main context and the API's clients.
#pragma once

#include <sys/socket.h>

#include "base/system_call.hh"

namespace nsrun::control {

inline constexpr base::SystemCall kSystemCalls[] = {
    {"poll"},
    {"ppoll"},  // what poll(3) is on newer architectures
    {"read"},   // its eventfd(2)
    {"write"},
    {"accept4"},
    {"recvfrom"},
    {"sendto"},
    {"shutdown"},
    base::socket_option("getsockopt", SOL_SOCKET,
                        SO_PEERCRED),  // clients of netns-run's control socket
};

}  // namespace nsrun::control
