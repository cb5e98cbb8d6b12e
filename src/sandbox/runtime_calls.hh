// SPDX-License-Identifier: Apache-2.0
//
// What the C and C++ libraries need in any program: memory, locks, time, messages on standard
// error, the end.
#pragma once

#include <sys/mman.h>

#include "base/system_call.hh"

namespace nsrun::sandbox {

inline constexpr base::ArgumentRule kNotExecutable{2, PROT_EXEC, 0};

inline constexpr base::SystemCall kRuntimeCalls[] = {
    {"brk"},  // malloc(3), where the break still has room
    {"mmap", kNotExecutable},
    {"mprotect", kNotExecutable},
    {"munmap"},
    {"mremap"},
    {"madvise"},
    {"futex"},
    {"clock_gettime"},  // where the vDSO cannot answer
    {"gettimeofday"},   // likewise
    {"write"},
    {"poll"},   // does standard error take a message?
    {"ppoll"},  // what poll(3) is on newer architectures
    {"close"},
    {"rt_sigprocmask"},
    {"rt_sigaction"},
    {"rt_sigreturn"},     // the end of every signal handler
    {"restart_syscall"},  // after SIGSTOP and SIGCONT
    {"getpid"},           // abort(3), with tgkill(2)
    {"gettid"},           // likewise
    {"exit"},
    {"exit_group"},
#ifdef NSRUN_SANITIZED
    // What the sanitizers' runtime does when threads start, when objects are checked, and when
    // errors are reported.
    {"sigaltstack"},
    {"pipe2"},  // is this memory readable? write(2) into a pipe says
    {"prlimit64"},
    {"sched_getaffinity"},
    {"sched_yield"},
    {"clock_nanosleep"},
    {"readlink"},
    {"ioctl"},
    {"fcntl"},
    {"prctl"},
#endif
};

}  // namespace nsrun::sandbox
