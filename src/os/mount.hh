// SPDX-License-Identifier: Apache-2.0
//
// Mounts of the calling process's mount namespace (mount_namespaces(7)). Everything throws
// SystemError with what was attempted; nothing is undone here, since the mounts end with their
// namespace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hh"

namespace nsrun::os {

struct NewMount {
  std::string type;  // "tmpfs", "proc", "overlay"
  std::string target;
  unsigned long flags = 0;   // MS_NODEV and the like, see mount(2)
  std::string options = {};  // the file system's own
};

void mount_file_system(const NewMount& mount);

// Moves the calling process into a mount namespace of its own, as stop_mounts_from_leaving() wants.
void enter_new_mount_namespace();

// From now on nothing that is mounted here shows elsewhere; what the host mounts or unmounts still
// shows here, so that a long-lived namespace neither misses nor pins its disks.
void stop_mounts_from_leaving();

// A detached copy of what is mounted at `path`, with everything below it (open_tree(2)).
base::Fd copy_mounts(const std::string& path);
// Puts such a copy at `target` (move_mount(2)).
void attach_mounts(base::FdView mounts, const std::string& target);

// Lazily: whoever still uses it keeps it.
void unmount(const std::string& target);

// The mount points below `directory`, itself left out, from the text of /proc/<pid>/mountinfo.
std::vector<std::string> mount_points_below(std::string_view directory, std::string_view mountinfo);

}  // namespace nsrun::os
