// SPDX-License-Identifier: Apache-2.0
//
// newuidmap(1) and newgidmap(1), which may write maps of more ids than the user's own.
#pragma once

#include <sys/types.h>

#include <string>

#include "launcher/subordinate_ids.hh"
#include "os/id_maps.hh"

namespace nsrun::launcher {

// "newuidmap" or "newgidmap".
const char* map_tool(IdKind kind) noexcept;

// Why it cannot work, with the mend, or "". `file` as found in PATH, "" when it is not.
std::string lack_of_map_tool(const std::string& file);

// Writes the map of the user namespace that `process` is in. Throws base::Failure with the tool's
// own reason and what mends it.
void map_by_tool(IdKind kind, pid_t process, const os::IdMap& map);

}  // namespace nsrun::launcher
