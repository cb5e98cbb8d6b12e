// SPDX-License-Identifier: Apache-2.0
//
// A TAP device in somebody else's network namespace: a short-lived child enters the namespaces,
// opens the device and passes it back. The helper itself never enters them.
#pragma once

#include "helper/options.hh"
#include "os/tap.hh"

namespace nsrun::helper {

// The user namespace that the target's network belongs to. Empty when it is the current one, or
// unknown. Throws SystemError.
base::Fd open_target_user_namespace(const Target& target);

// The target of `options` is a process or a path. Throws base::Failure, SystemError.
os::Tap open_target_tap(const Options& options);

}  // namespace nsrun::helper
