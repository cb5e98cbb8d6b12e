// SPDX-License-Identifier: Apache-2.0
#include "base/fd.hh"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hh"

namespace nsrun::base {

void Fd::close() noexcept {
  // On Linux the descriptor is gone even when close() reports EINTR or EIO: no retry.
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Fd duplicate(FdView fd) {
  return Fd(check("duplicate a file descriptor", ::fcntl(fd.number(), F_DUPFD_CLOEXEC, 3)));
}

}  // namespace nsrun::base
