// SPDX-License-Identifier: Apache-2.0
//
// The limits of a command in force: by the user's systemd where that answers, else in a control
// group that has been given to the user. Never silently without.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "launcher/control_group.hh"
#include "launcher/limits.hh"

namespace nsrun::launcher {

class LimitedGroup {
 public:
  // For `process` and all that it starts from now on; it must have ended before this object does.
  // Throws base::Failure that names what is missing for it, SystemError.
  LimitedGroup(const Limits& limits, pid_t process);

  // Throws SystemError where the kernel does not let this user move it there, base::Failure where
  // there is a way round that.
  void add(pid_t process);

 private:
  std::string directory_;
  std::optional<ControlGroup> own_;  // else the scope is systemd's
};

}  // namespace nsrun::launcher
