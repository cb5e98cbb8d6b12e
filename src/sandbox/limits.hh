// SPDX-License-Identifier: Apache-2.0
//
// What a process gives up by prctl(2) and setrlimit(2), each a stage of lock-down, and what it may
// have of descriptors; for the process that calls it. All throw SystemError.
#pragma once

#include <cstdint>

namespace nsrun::sandbox {

// No exec gains privileges, ever again (PR_SET_NO_NEW_PRIVS): neither setuid nor file capabilities.
void forbid_new_privileges();

// Neither ptrace nor /proc/<pid>/{mem,fd,...} for the others of this user, and no core file: memory
// holds other people's traffic. Comes after the capabilities, as changing those may reset it.
void forbid_inspection();

// Far above what a loaded helper takes: 256 MiB of bytes under way, and 1.5 kilobytes for each of a
// million flows. What leaks beyond ends the helper, not the host.
inline constexpr uint64_t kMostMemoryBytes = uint64_t{4} << 30;

// Private memory of at most kMostMemoryBytes (RLIMIT_DATA), or less where less is allowed; none of
// it locked, no POSIX message queue. Not for memory in sanitizer builds, whose shadow needs more.
void limit_memory();

// As many descriptors as the administrator allows: each published port and each flow has a socket.
void raise_descriptor_limit();

}  // namespace nsrun::sandbox
