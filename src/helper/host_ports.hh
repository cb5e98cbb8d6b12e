// SPDX-License-Identifier: Apache-2.0
//
// --host-port: services of the host on the guest's loopback, at ports or behind Unix sockets. Opens
// their listeners in the guest's network, by sockets of the process inside.
#pragma once

#include <vector>

#include "dataplane/data_plane.hh"
#include "helper/inside.hh"
#include "rules/port_rule.hh"
#include "rules/unix_rule.hh"

namespace nsrun::helper {

// What becomes of a port that is taken in the guest: an error, or, for a helper that follows a dead
// one while the guest's programs run, a warning.
enum class TakenPort { kIsAnError, kIsLeftOut };

// Before lock-down, while low ports of the guest may be bound, and before the channel is taken.
// Throws base::Failure.
void open_host_ports(const std::vector<rules::PortRule>& rules, Inside& inside,
                     dataplane::DataPlane& data_plane, TakenPort taken);
// A path that leads nowhere yet will do if its directory is there.
void open_host_sockets(const std::vector<rules::UnixRule>& rules, Inside& inside,
                       dataplane::DataPlane& data_plane, TakenPort taken);

}  // namespace nsrun::helper
