// SPDX-License-Identifier: Apache-2.0
//
// The second half of netns-ctl exec: netns-ctl finds the instance and connects to its entrance, and
// this program, which knows how a command is made, enters and runs one. Nobody else calls it so.
#pragma once

#include <optional>

namespace nsrun::launcher {

// For "netns-run --enter=SOCKET command [argument ...]", where SOCKET is the number of a connected
// descriptor: runs the command in the instance and returns its exit status. Nothing for any other
// command line. Throws Interrupted, base::Failure and SystemError.
std::optional<int> enter_if_asked(int argc, const char* const* argv);

}  // namespace nsrun::launcher
