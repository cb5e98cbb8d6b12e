// SPDX-License-Identifier: Apache-2.0
//
// The network namespace of --netns from outside: a child goes there for what is wanted.
#pragma once

#include <string>
#include <vector>

#include "launcher/join_target.hh"
#include "launcher/options.hh"
#include "os/tap.hh"

namespace nsrun::launcher {

// Makes the interface there. It lives as long as its descriptor. Throws base::Failure, SystemError.
os::Tap open_joined_tap(const JoinTarget& target, const Options& options);

// As FlowTables of flow_resets.hh wants them. Throws base::Failure, SystemError.
std::vector<std::string> tcp_tables_of(const JoinTarget& target);

}  // namespace nsrun::launcher
