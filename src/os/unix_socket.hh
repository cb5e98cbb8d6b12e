// SPDX-License-Identifier: Apache-2.0
//
// The client's end of a Unix stream socket that has a place in the file system.
#pragma once

#include <string>

#include "os/stream_socket.hh"

namespace nsrun::os {

// Connects without waiting: EAGAIN while as many others wait there as may. The socket does not
// block.
ConnectAttempt connect_to_path(const std::string& path) noexcept;

}  // namespace nsrun::os
