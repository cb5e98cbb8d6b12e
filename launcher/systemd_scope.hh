// SPDX-License-Identifier: Apache-2.0
//
// A transient scope (systemd.scope(5)) with limits around a process, by way of the program
// netns-scope (src/scope).
#pragma once

#include <sys/types.h>

#include <string>

#include "launcher/limits.hh"

namespace nsrun::launcher {

// Whether the user's systemd can be asked: "" or the reason why not.
std::string complaint_of_systemd();
// Throws base::Failure with systemd's reason, SystemError.
void start_scope(const std::string& unit, pid_t process, const Limits& limits);

}  // namespace nsrun::launcher
