// SPDX-License-Identifier: Apache-2.0
//
// The place of a listening socket in the file system: who it was made by, so that nobody else's
// file is ever removed in its stead.
#pragma once

#include <sys/types.h>

#include <string>

namespace nsrun::control {

struct SocketFile {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;

  // Removes it, if it is still the same.
  void remove() const noexcept;
};

}  // namespace nsrun::control
