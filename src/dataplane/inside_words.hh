// SPDX-License-Identifier: Apache-2.0
//
// What the helper asks the process inside (helper/inside.hh), and what it is told: one message
// each, over a SOCK_SEQPACKET pair, answered in the order in which they came. Both are the same
// program, so the numbers may change with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/fd.hh"
#include "os/fd_passing.hh"

namespace nsrun::dataplane {

// The whole message is this byte. Another kind of question gets its value here, its answer in
// helper/inside.cc, and its system calls in kInsideCalls of helper/system_calls.cc.
enum class InsideRequest : uint8_t {
  kTcpSocketV4 = 1,  // a socket(2) of the guest's network: non-blocking, close-on-exec, not bound
  kTcpSocketV6 = 2,
  kListeners = 3,           // what the guest listens on: `more` is as wire/listener.hh has it
  kForeignTcpSocketV4 = 4,  // the same that may bear any source address (os/foreign_source.hh)
  kForeignTcpSocketV6 = 5,
};

// On the wire an errno value as int32_t, then `more`; the socket comes along (SCM_RIGHTS).
struct InsideAnswer {
  int error = 0;                // 0: it was done
  base::Fd socket;              // where one was asked for and made
  std::vector<std::byte> more;  // what else the kind of request says
};

InsideAnswer decode_inside_answer(os::Message message);

}  // namespace nsrun::dataplane
