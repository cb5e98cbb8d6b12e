// SPDX-License-Identifier: Apache-2.0
//
// Exit statuses of programs that run a command, as shells and env(1) use them. Any other status is
// the command's own.
#pragma once

namespace nsrun {

inline constexpr int kExitOwnFailure = 125;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

}  // namespace nsrun
