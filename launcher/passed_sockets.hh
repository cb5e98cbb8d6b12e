// SPDX-License-Identifier: Apache-2.0
//
// The sockets that the caller of netns-run has opened to be published: those that --listen-fd
// names, and with --listen-fds=helper all that a service manager passed (sd_listen_fds(3)). What a
// service manager passed beside them reaches the command, as if there had been no others.
#pragma once

#include "launcher/options.hh"
#include "os/passed_sockets.hh"

namespace nsrun::launcher {

// Before netns-run opens anything of its own, which could have a number that the user took for an
// open one. The copies are close-on-exec. Throws base::Failure that names the descriptor.
os::PassedSockets take_passed_sockets(const Options& options);

}  // namespace nsrun::launcher
