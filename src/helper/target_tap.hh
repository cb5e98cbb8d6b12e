// SPDX-License-Identifier: Apache-2.0
//
// A TAP device in somebody else's network namespace: a short-lived child enters the namespaces,
// opens the device and passes it back. The helper itself never enters them.
#pragma once

#include "helper/options.hh"
#include "os/tap.hh"

namespace nsrun::helper {

// The target of `options` is a process or a path. Throws base::Failure, SystemError.
os::Tap open_target_tap(const Options& options);

// The user namespace that the guest's network belongs to, by the caller's word or the TAP's. Empty
// when neither tells. Throws SystemError.
base::Fd open_guest_user_namespace(const Target& target, base::FdView tap);

}  // namespace nsrun::helper
