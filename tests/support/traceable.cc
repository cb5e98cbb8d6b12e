// SPDX-License-Identifier: Apache-2.0
//
// To be preloaded into a sanitizer build of the helper: no filter of system calls, and the host's
// root, so that the leak checker can trace the process and read its /proc at the end. Everything
// else goes on as ever. With NSRUN_PLANTED_LEAK it loses memory, to see that this is told.
#include <atomic>
#include <cerrno>
#include <cstdlib>

extern "C" {

// seccomp_load(3)
int seccomp_load(void*) {
  static std::atomic<void*> lost;
  if (std::getenv("NSRUN_PLANTED_LEAK") != nullptr) lost = std::malloc(4711);
  lost = nullptr;
  return 0;
}

// mount(2): so the empty root would be one by chroot(2).
int mount(const char*, const char*, const char*, unsigned long, const void*) {
  errno = EPERM;
  return -1;
}

int chroot(const char*) { return 0; }
}
