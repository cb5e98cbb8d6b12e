// SPDX-License-Identifier: Apache-2.0
//
// TCP sockets that bear a source address from beyond their own network namespace, and what they
// connect to in it answers: IP_TRANSPARENT (ip(7)) lets them have it, and a mark, which an accepted
// socket (tcp_fwmark_accept) and a refusal (fwmark_reflect) take over, keeps the answers inside,
// whatever the default route says.
#pragma once

#include "base/fd.hh"

namespace nsrun::os {

// Once for the network namespace that the calling thread is in. Adds a rule and a table of routes
// in each family, both with our mark for a number, and sets the sysctls that are named above. Needs
// CAP_NET_ADMIN. Without IPv6 in the kernel IPv4 is prepared alone. Throws SystemError.
void admit_foreign_sources();

// `socket`, of AF_INET or AF_INET6 and not bound yet, may then bind to any address and connect to
// those of its namespace. Needs CAP_NET_RAW (Linux before 5.17:
// CAP_NET_ADMIN). 0, or an errno value.
int allow_foreign_source(base::FdView socket, int family) noexcept;

}  // namespace nsrun::os
