// SPDX-License-Identifier: Apache-2.0
//
// What the data plane asks the process outside (helper/outside.hh), in one message each: a stream
// socket that is connected to one of the host's Unix sockets of --host-port, without waiting. It is
// answered as process_answer.hh says.
#pragma once

#include <cstdint>

namespace nsrun::dataplane {

// Which one, counted from 0 as the options have them: the helper names no path.
struct HostSocketRequest {
  uint32_t number = 0;
};

}  // namespace nsrun::dataplane
