// SPDX-License-Identifier: Apache-2.0
//
// What a service manager is told: that the service is up (sd_notify(3)). It is one datagram.
#pragma once

#include <cstddef>
#include <string>

#include "launcher/options.hh"

namespace nsrun::launcher {

// Where it is to be sent, from NOTIFY_SOCKET, which is taken out of the environment: the command
// shall not say READY=1 again, nor for us. "": nowhere, or the command does it (--notify=command).
std::string take_notify_socket(const Options& options);

// READY=1 and a STATUS, to "/path" or "@abstract". Never waits; what goes wrong is a warning.
void say_ready(const std::string& notify_socket, size_t forward_count) noexcept;

}  // namespace nsrun::launcher
