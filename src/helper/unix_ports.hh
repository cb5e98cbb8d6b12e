// SPDX-License-Identifier: Apache-2.0
//
// -p unix:PATH:PORT: ports of the guest as Unix sockets of the host. Opens the sockets.
#pragma once

#include <list>
#include <vector>

#include "control/path_socket.hh"
#include "dataplane/data_plane.hh"
#include "helper/host_ports.hh"
#include "rules/unix_rule.hh"

namespace nsrun::helper {

// Before lock-down. The data plane has the sockets; what is left of the result is their files.
// Throws base::Failure, unless `taken` says otherwise.
std::list<control::PathSocket> open_unix_ports(const std::vector<rules::UnixRule>& rules,
                                               dataplane::DataPlane& data_plane, TakenPort taken);

}  // namespace nsrun::helper
