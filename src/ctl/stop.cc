// SPDX-License-Identifier: Apache-2.0
#include "ctl/stop.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/error.hh"
#include "ctl/instances.hh"

namespace nsrun::ctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What the kernel and the helper have left to do once netns-run has ended.
constexpr std::chrono::seconds kForTheRest{10};

// A pidfd is readable from the end of its process on.
bool ends_within(base::FdView process, milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd entry{process.number(), POLLIN, 0};
    const int count = ::poll(&entry, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
    if (count >= 0) return count > 0;
    if (errno != EINTR) base::throw_errno("wait for the end of a process");
  }
}

void send_signal(base::FdView process, int signal) {
  const long result = ::syscall(SYS_pidfd_send_signal, process.number(), signal, nullptr, 0);
  if (result < 0 && errno != ESRCH) base::throw_errno("send a signal to netns-run");
}

}  // namespace

bool stop(const std::string& instance, std::chrono::seconds patience) {
  const Processes processes = processes_of(instance);
  send_signal(processes.launcher, SIGTERM);
  const bool is_killed = !ends_within(processes.launcher, patience);
  if (is_killed) send_signal(processes.launcher, SIGKILL);
  // The helper's end gives the ports back.
  for (const base::Fd* process : {&processes.launcher, &processes.helper}) {
    if (!ends_within(*process, kForTheRest)) {
      throw base::Failure(fmt::format("\"{}\" does not end", instance));
    }
  }
  return is_killed;
}

}  // namespace nsrun::ctl
