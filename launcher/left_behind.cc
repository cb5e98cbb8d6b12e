// SPDX-License-Identifier: Apache-2.0
#include "launcher/left_behind.hh"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sstream>

#include "base/error.hh"
#include "os/text_file.hh"

namespace nsrun::launcher {
namespace {

void kill_and_reap(pid_t child) noexcept {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool contains(std::span<const pid_t> pids, pid_t pid) noexcept {
  return std::ranges::find(pids, pid) != pids.end();
}

}  // namespace

void become_parent_of_orphans() {
  base::check("become the parent of orphans", ::prctl(PR_SET_CHILD_SUBREAPER, 1));
}

std::vector<pid_t> children_of_this_process() {
  std::vector<pid_t> children;
  std::istringstream numbers(os::text_or_nothing("/proc/thread-self/children"));
  for (pid_t child = 0; numbers >> child;) children.push_back(child);
  return children;
}

void reap_ended_orphans(std::span<const pid_t> spared) noexcept {
  for (const pid_t child : children_of_this_process()) {
    if (!contains(spared, child)) ::waitpid(child, nullptr, WNOHANG);
  }
}

void end_what_is_left_behind(std::span<const pid_t> spared) noexcept {
  for (bool has_found_one = true; has_found_one;) {
    has_found_one = false;
    for (const pid_t child : children_of_this_process()) {
      if (contains(spared, child)) continue;
      has_found_one = true;
      kill_and_reap(child);
    }
  }
}

}  // namespace nsrun::launcher
