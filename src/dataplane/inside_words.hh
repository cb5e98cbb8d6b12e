// SPDX-License-Identifier: Apache-2.0
//
// What the helper asks the process inside (helper/inside.hh), in one message each; it is answered
// as process_answer.hh says.
#pragma once

#include <cstdint>

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

}  // namespace nsrun::dataplane
