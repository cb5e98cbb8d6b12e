// SPDX-License-Identifier: Apache-2.0
//
// A transient scope (systemd.scope(5)) with limits, which the user's own systemd makes around a
// process on request over D-Bus; root asks the system's. It goes when its last process has ended.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.hh"
#include "launcher/limits.hh"

namespace nsrun::launcher {

// Of the bus on which the user's systemd answers. The error says where it was looked for.
base::Result<std::string> systemd_bus_address();

// Whether systemd answers on the bus: "" or the reason why not. Both run in a process of their own:
// GDBus starts a thread, and netns-run has to fork and enter namespaces.
std::string complaint_of_systemd(const std::string& bus_address);
// Throws base::Failure with systemd's reason, SystemError.
void start_scope(const std::string& bus_address, const std::string& unit, pid_t process,
                 const Limits& limits);

}  // namespace nsrun::launcher
