// SPDX-License-Identifier: Apache-2.0
//
// Child processes as objects, held by pidfd (pidfd_open(2)): a Child that goes out of scope is
// killed and reaped, so that no failure of set-up leaves a process behind. Also what a process may
// set about itself. One thread is assumed, as everywhere before a program is locked down.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/fd.hh"
#include "base/time.hh"

namespace nsrun::os {

// How a process ended.
struct Ending {
  int exit_code = 0;
  int signal = 0;  // 0: it ended by itself

  // As shells say it: 128 + n after signal n.
  int status() const noexcept { return signal == 0 ? exit_code : 128 + signal; }
  friend bool operator==(const Ending&, const Ending&) = default;
};

class Child {
 public:
  // Runs `body` in a new process that exits with what it returns; an exception ends it with
  // status 125 and no message. `new_namespaces` are CLONE_NEW* flags (clone(2)): the child alone
  // is in them, as PID 1 after CLONE_NEWPID. Throws SystemError.
  static Child start(const std::function<int()>& body, int new_namespaces = 0);

  // Like start(), but its new namespaces are below those that `enter` enters: in a process of its
  // own, which then lets `finish` see to the child and ends. The child is the caller's all the
  // same (CLONE_PARENT of clone(2)). Throws base::Failure with the words of what the two threw.
  static Child start_elsewhere(const std::function<void()>& enter, const std::function<int()>& body,
                               int new_namespaces, const std::function<void(pid_t)>& finish);

  // One that the calling process has forked itself and not yet reaped. Throws SystemError.
  static Child adopt(pid_t pid);

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const noexcept { return pid_; }
  // Readable once the process has ended.
  base::FdView pidfd() const noexcept { return pidfd_; }

  // Both reap; afterwards they give the same answer again. wait_until gives up at `deadline`.
  Ending wait();
  std::optional<Ending> wait_until(base::Time deadline);
  // As wait_until(), and lets go of it when it has not ended: for whom kill(2) is no longer
  // allowed.
  void wait_or_disown(base::Time deadline);
  // Lets go of it: it is neither killed nor reaped when this object ends.
  void disown() noexcept { pid_ = -1; }

 private:
  Child(pid_t pid, base::Fd pidfd) noexcept : pid_(pid), pidfd_(std::move(pidfd)) {}
  Ending reap();

  pid_t pid_;
  base::Fd pidfd_;
  std::optional<Ending> ending_;
};

// Throws SystemError.
base::Fd open_pidfd(pid_t pid);
// Whether the process has ended, at `deadline` at the latest. Reaps nothing.
bool ends_by(base::FdView pidfd, base::Time deadline) noexcept;
// One that has ended already gets none, which is no error. Throws SystemError.
void send_signal(base::FdView pidfd, int signal);

// Asks the kernel to kill this process when its parent ends (PR_SET_PDEATHSIG), and ends it at once
// when the parent has ended before that. `parent` is the parent's pidfd: getppid() says nothing
// about a parent outside of one's PID namespace.
void end_with_parent(base::FdView parent);

// While this object lives the end of the parent does not end this process: what it has begun would
// be left to nobody. Afterwards it does as before, and at once if it has come meanwhile.
class ParentsEndHeld {
 public:
  // Throws SystemError.
  ParentsEndHeld();
  ParentsEndHeld(const ParentsEndHeld&) = delete;
  ParentsEndHeld& operator=(const ParentsEndHeld&) = delete;
  ~ParentsEndHeld();

 private:
  int signal_ = 0;  // 0: the parent's end never mattered
  pid_t parent_;
};

// Closes every descriptor from 3 on save those in `keep`.
void close_fds_except(std::span<const int> keep);

// What ps(1) shows, of at most 15 characters.
void set_process_name(const char* name) noexcept;

// Neither ptrace nor /proc/<pid> of other processes of the same user reach this one.
void set_non_dumpable();

}  // namespace nsrun::os
