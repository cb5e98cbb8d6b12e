// SPDX-License-Identifier: Apache-2.0
//
// The last stage of lock-down: a seccomp filter (seccomp(2)) that lets pass what was declared and
// nothing else. Calls that only an intruder makes (exec, ptrace, mount, bpf...) kill the process.
// So do those of another architecture (i386, x32), whose numbers and arguments the lists do not
// mean. Any other that is not listed fails with ENOSYS, and the kernel's audit log has it: a C
// library of another distribution may try a newer call first and knows what to do without. The
// build option seccomp_kill makes those kill, too: CI uses it, so that no list stays incomplete.
#pragma once

#include <string_view>
#include <vector>

#include "base/system_call.hh"

namespace nsrun::sandbox {

// For the calling thread and those that it starts. no-new-privs must be set. Throws SystemError.
void filter_system_calls(base::SystemCalls allowed);

// True when libseccomp knows a call of this name, on whatever architecture.
bool is_system_call(std::string_view name);

// The names that kill.
base::SystemCalls deadly_calls() noexcept;

}  // namespace nsrun::sandbox
