// SPDX-License-Identifier: Apache-2.0
//
// The command's rights: the last thing before it is executed.
#pragma once

#include "launcher/options.hh"

namespace nsrun::launcher {

// Closes AF_VSOCK, leaves the command the capabilities and the no-new-privs that `options` say, and
// nothing in any other set of capabilities, save that one that is not uid 0 needs them inheritable
// and ambient as well. For a kept uid, which holds none, the bounding set
// stays: without a capability in it, the kernel refuses to execute files that carry it, ping(8)
// among them. Throws SystemError.
void settle_rights(const Options& options);

}  // namespace nsrun::launcher
