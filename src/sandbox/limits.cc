// SPDX-License-Identifier: Apache-2.0
#include "sandbox/limits.hh"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/error.hh"
#include "os/process.hh"

namespace nsrun::sandbox {
namespace {

void set_limit(const char* attempted, __rlimit_resource which, rlim_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  base::check(attempted, setrlimit(which, &limit));
}

rlim_t hard_limit(const char* attempted, __rlimit_resource which) {
  rlimit limit{};
  base::check(attempted, getrlimit(which, &limit));
  return limit.rlim_max;
}

}  // namespace

void forbid_new_privileges() {
  base::check("set no-new-privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

void forbid_inspection() {
  os::set_non_dumpable();
  set_limit("forbid core files", RLIMIT_CORE, 0);
}

void limit_memory() {
#ifndef NSRUN_SANITIZED
  const rlim_t allowed = hard_limit("read the limit of memory", RLIMIT_DATA);
  set_limit("limit the memory", RLIMIT_DATA, std::min<rlim_t>(allowed, kMostMemoryBytes));
#endif
  set_limit("forbid locked memory", RLIMIT_MEMLOCK, 0);
  set_limit("forbid message queues", RLIMIT_MSGQUEUE, 0);
}

void raise_descriptor_limit() {
  const rlim_t allowed = hard_limit("read the limit of open files", RLIMIT_NOFILE);
  set_limit("raise the limit of open files", RLIMIT_NOFILE, allowed);
}

}  // namespace nsrun::sandbox
