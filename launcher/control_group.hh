// SPDX-License-Identifier: Apache-2.0
//
// A control group (cgroups(7), version 2) with limits, made below the one that this process is in,
// where that has been given to the user. A group that has limits below it may hold no process
// itself: the kernel's "no internal processes" rule. So those that are in the own group, netns-run
// among them, move to another one below it first.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.hh"
#include "launcher/limits.hh"

namespace nsrun::launcher {

// Where the system mounts version 2.
inline constexpr const char* kControlGroups = "/sys/fs/cgroup";

// The directory of the group that is named in `proc_pid_cgroup`, the text of /proc/PID/cgroup. The
// error: there is none of version 2.
base::Result<std::string> group_directory(const std::string& root,
                                          std::string_view proc_pid_cgroup);
// Likewise, when groups can be made in it. The error says what it lacks and what mends that.
base::Result<std::string> delegated_directory(const std::string& root,
                                              std::string_view proc_pid_cgroup);

// Moves a process to the group at `directory`. Throws SystemError.
void add_to_group(const std::string& directory, pid_t process);

class ControlGroup {
 public:
  // Below `directory`, a delegated one; `name` is to be free there. Throws base::Failure when a
  // controller is missing, SystemError.
  ControlGroup(const std::string& directory, const std::string& name, const Limits& limits);
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;
  // Its processes must have ended. What cannot be removed stays, empty.
  ~ControlGroup();

  // Its directory.
  const std::string& path() const noexcept { return path_; }

 private:
  ControlGroup(const std::string& directory, const std::string& name);
  void enable_controllers(const Limits& limits);
  void make_room_for_controllers();

  std::string parent_;
  std::string path_;
  bool is_made_ = false;
  std::string others_;   // where the processes of the own group went; "": they stayed
  std::string enabled_;  // what was turned on for it, "+memory +pids"
};

}  // namespace nsrun::launcher
