// SPDX-License-Identifier: Apache-2.0
#include "os/mount.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>

#include <algorithm>

#include "base/error.hh"

namespace nsrun::os {
namespace {

// proc_pid_mountinfo(5): blanks in paths are written as octal, "\040".
std::string without_octal_escapes(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      plain.push_back(static_cast<char>(value));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

// The fifth field: the mount point.
std::string_view mount_point_field(std::string_view line) {
  for (int field = 1; field < 5; ++field) {
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    line.remove_prefix(blank + 1);
  }
  return line.substr(0, line.find(' '));
}

}  // namespace

void mount_file_system(const NewMount& mount) {
  base::check(fmt::format("mount {} at {}", mount.type, mount.target),
              ::mount(mount.type.c_str(), mount.target.c_str(), mount.type.c_str(), mount.flags,
                      mount.options.empty() ? nullptr : mount.options.c_str()));
}

void enter_new_mount_namespace() {
  base::check("make a mount namespace", ::unshare(CLONE_NEWNS));
  stop_mounts_from_leaving();
}

void stop_mounts_from_leaving() {
  base::check("keep mounts inside their namespace",
              ::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr));
}

base::Fd copy_mounts(const std::string& path) {
  return base::Fd(base::check(
      fmt::format("copy the mounts at {}", path),
      ::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)));
}

void attach_mounts(base::FdView mounts, const std::string& target) {
  base::check(fmt::format("mount at {}", target),
              ::move_mount(mounts.number(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH));
}

void unmount(const std::string& target) {
  base::check(fmt::format("unmount {}", target), ::umount2(target.c_str(), MNT_DETACH));
}

std::vector<std::string> mount_points_below(std::string_view directory,
                                            std::string_view mountinfo) {
  const std::string prefix = fmt::format("{}/", directory);
  std::vector<std::string> found;
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    std::string point = without_octal_escapes(mount_point_field(line));
    if (point.starts_with(prefix)) found.push_back(std::move(point));
  }
  return found;
}

}  // namespace nsrun::os
