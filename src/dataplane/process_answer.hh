// SPDX-License-Identifier: Apache-2.0
//
// What a process beside the helper (inside, outside) says to each request: one message over a
// SOCK_SEQPACKET pair, in the order in which the requests came. Both ends are the same program, so
// the form may change with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/fd.hh"
#include "os/fd_passing.hh"

namespace nsrun::dataplane {

// On the wire an errno value as int32_t, then `more`; the socket comes along (SCM_RIGHTS).
struct ProcessAnswer {
  int error = 0;                // 0: it was done
  base::Fd socket;              // where one was asked for and made
  std::vector<std::byte> more;  // what else the kind of request says
};

ProcessAnswer decode_process_answer(os::Message message);
// The socket that was asked for, or why there is none. Throws SystemError.
void send_socket_answer(base::FdView channel, int32_t error, base::FdView socket);

}  // namespace nsrun::dataplane
