// SPDX-License-Identifier: Apache-2.0
#include "os/watched_path.hh"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace nsrun::os {

WatchedPath::WatchedPath(std::string path)
    : path_(std::move(path)), events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
  const char* name = directory.empty() ? "." : directory.c_str();
  constexpr uint32_t kEvents = IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;
  if (inotify_add_watch(events_.number(), name, kEvents) < 0) events_.close();
}

bool WatchedPath::is_gone() noexcept {
  std::array<char, 4096> events;
  while (events_.is_open() && read(events_.number(), events.data(), events.size()) > 0) {
  }
  struct stat status {};
  return lstat(path_.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace nsrun::os
