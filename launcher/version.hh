// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace nsrun::launcher {

// Prints our version, then what the helper says of itself: its libraries are not ours to know.
// Returns the exit status.
int print_version();

}  // namespace nsrun::launcher
