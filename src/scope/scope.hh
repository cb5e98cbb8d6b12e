// SPDX-License-Identifier: Apache-2.0
//
// A transient scope (systemd.scope(5)) around a process, which the user's own systemd makes on
// request over D-Bus; root asks the system's. It goes when its last process has ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nsrun::scope {

// As org.freedesktop.systemd1(5) has it: "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax".
struct Property {
  std::string name;
  uint64_t value = 0;
};

// Both throw base::Failure, with systemd's reason or why it cannot be reached.
void greet_systemd();
void start(const std::string& unit, pid_t process, const std::vector<Property>& limits);

}  // namespace nsrun::scope
