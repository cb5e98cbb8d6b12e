// SPDX-License-Identifier: Apache-2.0
//
// A listening Unix socket with a place in the file system, mode 0600 from its first moment. What a
// dead instance of the same user left at the path is replaced, after a wait for one that ends;
// anything else there is an error. The path is removed with the object, if it is still ours and the
// process still sees it.
#pragma once

#include <sys/socket.h>

#include <string>
#include <utility>

#include "base/fd.hh"
#include "control/socket_file.hh"

namespace nsrun::control {

class PathSocket {
 public:
  // `type` of socket(2); `name` is what messages call it. Throws base::Failure or SystemError,
  // naming the path.
  explicit PathSocket(const std::string& path, int type = SOCK_STREAM,
                      const char* name = "API socket");
  PathSocket(const PathSocket&) = delete;
  PathSocket& operator=(const PathSocket&) = delete;
  ~PathSocket();

  base::FdView fd() const noexcept { return socket_; }  // non-blocking, close-on-exec
  // For somebody else to serve; the file stays with this object.
  base::Fd take_fd() noexcept { return std::move(socket_); }
  // For whoever is to remove it when this process no longer can.
  const SocketFile& file() const noexcept { return file_; }

 private:
  base::Fd socket_;
  SocketFile file_;
};

}  // namespace nsrun::control
