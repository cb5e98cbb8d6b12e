// SPDX-License-Identifier: Apache-2.0
#include "control/socket_file.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nsrun::control {

base::Fd SocketFile::hold() const noexcept {
  return base::Fd(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

void SocketFile::remove() const noexcept {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  if (status.st_dev == device && status.st_ino == inode) unlink(path.c_str());
}

}  // namespace nsrun::control
