// SPDX-License-Identifier: Apache-2.0
//
// What the PID namespace does otherwise, for --share-pid: the end of all descendants. The calling
// process must be a subreaper, so that the children of those that die become its own until none is
// left.
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

namespace nsrun::launcher {

// PR_SET_CHILD_SUBREAPER of prctl(2). Throws SystemError.
void become_parent_of_orphans();

// What exec(2) leaves a process from the program it was before, a shell's background jobs say, is
// among its children, too.
std::vector<pid_t> children_of_this_process();

// Reaps those children that have ended and are not among `spared`.
void reap_ended_orphans(std::span<const pid_t> spared) noexcept;

// Kills and reaps all descendants but the children `spared` and theirs.
void end_what_is_left_behind(std::span<const pid_t> spared = {}) noexcept;

}  // namespace nsrun::launcher
