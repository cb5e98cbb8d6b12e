// SPDX-License-Identifier: Apache-2.0
//
// The place of a listening socket in the file system: who it was made by, so that nobody else's
// file is ever removed in its stead.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.hh"

namespace nsrun::control {

struct SocketFile {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;

  // While the result is open no other file gets the inode's number: the helper that follows a dead
  // one makes a socket at the same path. Closed when the file cannot be found.
  base::Fd hold() const noexcept;
  // Removes it, if it is still the same.
  void remove() const noexcept;
};

}  // namespace nsrun::control
