// SPDX-License-Identifier: Apache-2.0
//
// A listening Unix socket with a place in the file system, mode 0600 from its first moment. What a
// dead instance of the same user left at the path is replaced; anything else there is an error. The
// path is removed with the object, if it is still ours.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.hh"

namespace nsrun::control {

class PathSocket {
 public:
  // Throws base::Failure or SystemError, naming the path.
  explicit PathSocket(std::string path);
  PathSocket(const PathSocket&) = delete;
  PathSocket& operator=(const PathSocket&) = delete;
  ~PathSocket();

  base::FdView fd() const noexcept { return socket_; }  // non-blocking, close-on-exec

 private:
  std::string path_;
  base::Fd socket_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace nsrun::control
