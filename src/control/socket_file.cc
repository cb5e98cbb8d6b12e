// SPDX-License-Identifier: Apache-2.0
#include "control/socket_file.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace nsrun::control {

void SocketFile::remove() const noexcept {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  if (status.st_dev == device && status.st_ino == inode) unlink(path.c_str());
}

}  // namespace nsrun::control
