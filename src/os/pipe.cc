// SPDX-License-Identifier: Apache-2.0
#include "os/pipe.hh"

#include <fcntl.h>
#include <unistd.h>

namespace nsrun::os {

std::optional<Pipe> make_pipe() noexcept {
  int numbers[2];
  if (::pipe2(numbers, O_NONBLOCK | O_CLOEXEC) < 0) return std::nullopt;
  return Pipe{base::Fd(numbers[0]), base::Fd(numbers[1])};
}

void enlarge_pipe(const Pipe& pipe, size_t bytes) noexcept {
  ::fcntl(pipe.in.number(), F_SETPIPE_SZ, static_cast<int>(bytes));
}

ssize_t move_bytes(base::FdView from, base::FdView to, size_t bytes) noexcept {
  return ::splice(from.number(), nullptr, to.number(), nullptr, bytes, SPLICE_F_NONBLOCK);
}

}  // namespace nsrun::os
