// SPDX-License-Identifier: Apache-2.0
#include "os/process.hh"

#include <linux/sched.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <vector>

#include "base/error.hh"
#include "os/answer_from_child.hh"

namespace nsrun::os {
namespace {

constexpr int kStatusOfException = 125;

// fork(2) into new namespaces. clone3(2) would be nicer, but container engines answer it with
// ENOSYS because their filters cannot look at its flags.
pid_t fork_into(int flags_of_clone) {
  if (flags_of_clone == 0) return ::fork();
  const unsigned long flags = static_cast<unsigned long>(flags_of_clone) | SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
}

[[noreturn]] void run_and_exit(const std::function<int()>& body) noexcept {
  int status = kStatusOfException;
  try {
    status = body();
  } catch (...) {
    // The body reports its own errors: only it knows to whom.
  }
  ::_exit(status);
}

int milliseconds_until(base::Time deadline) noexcept {
  if (deadline == base::kNever) return -1;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::now());
  return static_cast<int>(std::clamp<int64_t>(rest.count(), 0, 3600'000));
}

bool has_ended(base::FdView pidfd, int timeout_milliseconds) noexcept {
  pollfd entry{pidfd.number(), POLLIN, 0};
  return ::poll(&entry, 1, timeout_milliseconds) > 0;
}

}  // namespace

Child Child::start(const std::function<int()>& body, int new_namespaces) {
  const pid_t pid = base::check("start a process", fork_into(new_namespaces));
  if (pid == 0) run_and_exit(body);
  return adopt(pid);
}

Child Child::start_elsewhere(const std::function<void()>& enter, const std::function<int()>& body,
                             int new_namespaces, const std::function<void(pid_t)>& finish) {
  const Message told = answer_from_child([&](base::Fd& socket) {
    enter();
    const pid_t pid = base::check("start a process", fork_into(new_namespaces | CLONE_PARENT));
    if (pid == 0) {
      socket.close();
      run_and_exit(body);
    }
    finish(pid);
    const base::Bytes bytes = base::bytes_of(pid);
    return Message{{bytes.begin(), bytes.end()}, {}};
  });
  pid_t pid = -1;
  NSRUN_CHECK(told.bytes.size() == sizeof pid);
  std::memcpy(&pid, told.bytes.data(), sizeof pid);
  return adopt(pid);
}

Child Child::adopt(pid_t pid) {
  // Not yet reaped, so the number cannot belong to somebody else.
  Child child(pid, base::Fd());
  child.pidfd_ = open_pidfd(pid);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      ending_(std::exchange(other.ending_, std::nullopt)) {}

Child::~Child() {
  if (pid_ < 0 || ending_) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Ending Child::wait() { return *wait_until(base::kNever); }

std::optional<Ending> Child::wait_until(base::Time deadline) {
  if (!ending_ && ends_by(pidfd_, deadline)) ending_ = reap();
  return ending_;
}

void Child::wait_or_disown(base::Time deadline) {
  if (!wait_until(deadline)) disown();
}

Ending Child::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) base::throw_errno("wait for a process");
  }
  if (WIFSIGNALED(status)) return Ending{.exit_code = 0, .signal = WTERMSIG(status)};
  return Ending{.exit_code = WEXITSTATUS(status), .signal = 0};
}

base::Fd open_pidfd(pid_t pid) {
  const long number = base::check("open a pidfd", ::syscall(SYS_pidfd_open, pid, 0));
  return base::Fd(static_cast<int>(number));
}

bool ends_by(base::FdView pidfd, base::Time deadline) noexcept {
  while (!has_ended(pidfd, milliseconds_until(deadline))) {
    if (base::now() >= deadline) return false;
  }
  return true;
}

void send_signal(base::FdView pidfd, int signal) {
  const long result = ::syscall(SYS_pidfd_send_signal, pidfd.number(), signal, nullptr, 0);
  if (result < 0 && errno != ESRCH) base::throw_errno("send a signal");
}

void end_with_parent(base::FdView parent) {
  base::check("ask to end with the parent", ::prctl(PR_SET_PDEATHSIG, SIGKILL));
  if (has_ended(parent, 0)) ::_exit(kStatusOfException);
}

ParentsEndHeld::ParentsEndHeld() : parent_(::getppid()) {
  base::check("ask what the parent's end does", ::prctl(PR_GET_PDEATHSIG, &signal_));
  base::check("hold the parent's end", ::prctl(PR_SET_PDEATHSIG, 0));
}

ParentsEndHeld::~ParentsEndHeld() {
  ::prctl(PR_SET_PDEATHSIG, signal_);
  if (signal_ != 0 && ::getppid() != parent_) ::raise(signal_);
}

void close_fds_except(std::span<const int> keep) {
  std::vector<unsigned> sorted;
  for (const int number : keep) {
    if (number > 2) sorted.push_back(static_cast<unsigned>(number));
  }
  std::ranges::sort(sorted);
  unsigned first = 3;
  for (const unsigned number : sorted) {
    if (number > first) base::check("close descriptors", ::close_range(first, number - 1, 0));
    first = std::max(first, number + 1);
  }
  base::check("close descriptors", ::close_range(first, ~0U, 0));
}

void set_process_name(const char* name) noexcept { ::prctl(PR_SET_NAME, name); }

void set_non_dumpable() {
  base::check("make the process non-dumpable", ::prctl(PR_SET_DUMPABLE, 0));
}

}  // namespace nsrun::os

#ifdef NSRUN_SANITIZED
namespace {

// Not where a PID namespace was entered, nor where /proc does not show this process.
bool has_children_beside_it() {
  std::array<char, 64> own{};
  std::array<char, 64> childrens{};
  const auto length = ::readlink("/proc/self/ns/pid", own.data(), own.size());
  return length > 0 &&
         ::readlink("/proc/self/ns/pid_for_children", childrens.data(), childrens.size()) ==
             length &&
         own == childrens;
}

}  // namespace

// The leak checker asks before it works, at the exit. Its child has to trace this process, which is
// made dumpable again; one with a system call filter cannot be traced at all, nor one that the
// child does not see.
extern "C" int __lsan_is_turned_off();  // NOLINT(bugprone-reserved-identifier)
extern "C" int __lsan_is_turned_off() {
  if (::prctl(PR_GET_SECCOMP) != 0 || !has_children_beside_it()) return 1;
  ::prctl(PR_SET_DUMPABLE, 1);
  return 0;
}
#endif
