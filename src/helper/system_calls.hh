// SPDX-License-Identifier: Apache-2.0
//
// Everything that the helper's processes ask of the kernel after lock-down. To be called in the
// process that it is for.
#pragma once

#include <vector>

#include "base/system_call.hh"

namespace nsrun::helper {

// Of the process that meets the guest's bytes.
std::vector<base::SystemCall> helper_calls();
// Of the one that keeps the host's files (outside.hh), and perhaps connects to Unix sockets.
std::vector<base::SystemCall> outside_calls(bool connects);
// Of the one in the guest's namespaces (inside.hh).
std::vector<base::SystemCall> inside_calls();

}  // namespace nsrun::helper
