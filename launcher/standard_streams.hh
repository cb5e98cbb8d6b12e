// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace nsrun::launcher {

// Fills the numbers 0, 1 and 2 where the caller closed them, so that no descriptor of ours ever
// becomes somebody's standard stream. The fillers are close-on-exec: the command finds its streams
// closed, as if it had been run directly. Call first of all. Throws SystemError.
void occupy_closed_standard_streams();

}  // namespace nsrun::launcher
