// SPDX-License-Identifier: Apache-2.0
//
// What the host lets an unprivileged user do, found out by doing it in namespaces that end at once:
// settings tell only half of it (security modules, filters of containers, chroots).
#pragma once

#include <vector>

#include "launcher/finding.hh"

namespace nsrun::launcher {

// Namespaces, /dev/net/tun and what its device offers, and the comforts of a guest. Throws
// SystemError when not even a process can be made.
std::vector<Finding> check_guest();

}  // namespace nsrun::launcher
