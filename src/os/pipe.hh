// SPDX-License-Identifier: Apache-2.0
//
// A pipe (pipe(7)), and bytes that move through it without a copy in this process (splice(2)).
// Status values, no exceptions: these calls are part of the data plane's work.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "base/fd.hh"

namespace nsrun::os {

struct Pipe {
  base::Fd out;  // to be read
  base::Fd in;   // to be written
};

// Non-blocking, close-on-exec. Nothing where there could be none (errno).
std::optional<Pipe> make_pipe() noexcept;

// Asks for room for so many bytes. The kernel gives a user a share of such room (pipe(7),
// pipe-user-pages-soft); where that is used up the pipe stays as it is.
void enlarge_pipe(const Pipe& pipe, size_t bytes) noexcept;

// At most `bytes` from the one to the other, of which one is a pipe's end; as splice(2) says it,
// and never waits when both descriptors are non-blocking. A broken connection raises SIGPIPE.
ssize_t move_bytes(base::FdView from, base::FdView to, size_t bytes) noexcept;

}  // namespace nsrun::os
