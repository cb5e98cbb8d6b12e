// SPDX-License-Identifier: Apache-2.0
//
// Where the programs are that netns-run starts of its own accord. Both throw base::Failure that
// says where it was looked for.
#pragma once

#include <string>

namespace nsrun::launcher {

// netns-slirp: beside the running program, in a build tree, in libexec, or in PATH; NETNS_SLIRP
// names another one.
std::string find_helper();

// netns-scope: in libexec, in a build tree, or beside the running program.
std::string find_scope_program();

}  // namespace nsrun::launcher
