// SPDX-License-Identifier: Apache-2.0
//
// What the PID namespace does otherwise, for --share-pid: the end of all descendants. The calling
// process must be a subreaper, so that the children of those that die become its own until none is
// left.
#pragma once

#include <sys/types.h>

namespace nsrun::launcher {

// PR_SET_CHILD_SUBREAPER of prctl(2). Throws SystemError.
void become_parent_of_orphans();

// Kills and reaps all descendants but the child `spared`.
void end_what_is_left_behind(pid_t spared = -1) noexcept;

}  // namespace nsrun::launcher
