// SPDX-License-Identifier: Apache-2.0
#include "sandbox/limits.hh"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/error.hh"
#include "os/process.hh"

namespace nsrun::sandbox {

void forbid_new_privileges() {
  base::check("set no-new-privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

void forbid_inspection() {
  os::set_non_dumpable();
  constexpr rlimit kNoCore{.rlim_cur = 0, .rlim_max = 0};
  base::check("forbid core files", setrlimit(RLIMIT_CORE, &kNoCore));
}

void raise_descriptor_limit() {
  rlimit limit{};
  base::check("read the limit of open files", getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  base::check("raise the limit of open files", setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace nsrun::sandbox
