// SPDX-License-Identifier: Apache-2.0
//
// The network of the guest, made by a process inside its namespaces: loopback, and the TAP with its
// addresses and routes. Usable when the call returns: no address is tentative.
#pragma once

#include "launcher/options.hh"
#include "os/id_maps.hh"
#include "os/tap.hh"

namespace nsrun::launcher {

// Both throw base::Failure or SystemError. Where the kernel has no IPv6 the guest has none, with a
// warning.

// In a namespace of netns-run's own, with its settings.
os::Tap make_guest_network(const Options& options, const os::Ids& inside);
// In somebody else's: settings, interfaces and routes that are there stay as they are.
os::Tap join_guest_network(const Options& options);

}  // namespace nsrun::launcher
