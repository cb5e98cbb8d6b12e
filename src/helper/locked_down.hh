// SPDX-License-Identifier: Apache-2.0
//
// What a process beside the helper (inside.hh, outside.hh) says first over its channel: that it has
// given up all that it will. The helper is not ready before.
#pragma once

#include "base/fd.hh"

namespace nsrun::helper {

// Throws SystemError.
void say_locked_down(base::FdView channel);
// Waits for it. False: the process has ended. Throws SystemError.
bool wait_for_lock_down(base::FdView channel);

}  // namespace nsrun::helper
