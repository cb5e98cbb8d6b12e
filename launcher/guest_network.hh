// SPDX-License-Identifier: Apache-2.0
//
// The network of the guest, made by a process inside its namespaces: loopback, the TAP with its
// addresses and routes, and the namespace's own settings. Usable when the call returns: no address
// is tentative.
#pragma once

#include "launcher/options.hh"
#include "os/id_maps.hh"
#include "os/tap.hh"

namespace nsrun::launcher {

// Throws base::Failure or SystemError. Where the kernel has no IPv6 the guest has none, with a
// warning.
os::Tap make_guest_network(const Options& options, const os::Ids& inside);

}  // namespace nsrun::launcher
