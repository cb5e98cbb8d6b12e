// SPDX-License-Identifier: Apache-2.0
//
// Kernel settings below /proc/sys (sysctl(8)). Those below net/ are the ones of the network
// namespace that the calling thread is in. Names are paths ("net/ipv4/ip_forward"), because the
// name of an interface may hold a dot.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nsrun::os {

// Throws SystemError.
void write_sysctl(const std::string& name, std::string_view value);

// False, and a line in the log for who debugs, when it cannot be written: /proc/sys is read-only in
// most containers.
bool try_sysctl(const std::string& name, std::string_view value);

// Without the final newline; nullopt when the kernel does not have it or does not show it.
std::optional<std::string> read_sysctl(const std::string& name);

}  // namespace nsrun::os
