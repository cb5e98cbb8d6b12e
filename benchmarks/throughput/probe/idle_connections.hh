// SPDX-License-Identifier: Apache-2.0
//
// Many connections that are open and do nothing.
#pragma once

#include <netinet/in.h>

#include <vector>

#include "base/fd.hh"

namespace nsrun::bench {

// One after the other; each is proven by a byte echoed through it, so that whatever stands between
// has really connected. Throws at the first that fails, with how many there were.
std::vector<base::Fd> open_idle_connections(const sockaddr_in& server, unsigned count);

}  // namespace nsrun::bench
