// SPDX-License-Identifier: Apache-2.0
//
// --detach: netns-run goes on in a process of its own, in a session of its own, while the one that
// was started waits until everything is ready and passes on what there is to complain of. What runs
// in the background keeps no pipe and no terminal of the caller's open: its standard streams are
// /dev/null, save output that goes to a file. In the foreground nothing here does anything.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/fd.hh"

namespace nsrun::launcher {

class Background {
 public:
  Background() = default;

  // Forks. In the process that was started: waits, and returns its exit status. Nothing in the
  // other one, which goes on. Throws SystemError.
  std::optional<int> enter();
  // Of the process that goes on; in both.
  pid_t pid() const noexcept { return pid_; }

  // The rest is for the process that goes on and those that it forks.

  // A status for the one that waits. It ends with the last that it is told, once all processes have
  // let go; without any when they do. Throws SystemError when it waits no more.
  void tell(int status);
  // Messages go nowhere, and to the one that waits again.
  void fall_silent() noexcept;
  void speak_again() noexcept;
  // As executing a program does it, too.
  void let_go() noexcept;

 private:
  void become_background(base::Fd answers, base::Fd errors);

  pid_t pid_ = -1;
  base::Fd answers_;
  base::Fd errors_;  // what standard error was; not open when that is a file
};

}  // namespace nsrun::launcher
