// SPDX-License-Identifier: Apache-2.0
#include "control/socket_file.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hh"
#include "base/log.hh"

namespace nsrun::control {

base::Fd SocketFile::hold() const noexcept {
  return base::Fd(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

void SocketFile::remove() const noexcept {
  struct stat status {};
  bool is_removed = lstat(path.c_str(), &status) == 0;
  if (is_removed && (status.st_dev != device || status.st_ino != inode)) return;
  is_removed = is_removed && unlink(path.c_str()) == 0;
  // Somebody else may have removed it, and the helper does not see it.
  if (!is_removed && errno != ENOENT) {
    base::log::warning("cannot remove the socket {}: {}", path, base::error_text(errno));
  }
}

}  // namespace nsrun::control
