// SPDX-License-Identifier: Apache-2.0
//
// --target-type=bess: the guest is a virtual machine, User Mode Linux with the vector transport
// "bess", that hands its frames over as the messages of a Unix SOCK_SEQPACKET socket. There are no
// offloads, and no frame beyond the guest's MTU arrives there.
#pragma once

#include <string>

#include "base/fd.hh"
#include "os/tap.hh"

namespace nsrun::helper {

// Listens at `path`, as PathSocket does, and waits for the one peer; the path is gone afterwards.
// Throws base::Failure, also when `exit` (may be empty) hangs up meanwhile, and SystemError.
os::Tap accept_bess_peer(const std::string& path, base::FdView exit);

}  // namespace nsrun::helper
