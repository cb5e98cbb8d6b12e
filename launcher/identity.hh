// SPDX-License-Identifier: Apache-2.0
//
// Who the command is, and which ids its user namespace knows (user_namespaces(7)).
#pragma once

#include <sys/types.h>

#include "launcher/options.hh"
#include "os/id_maps.hh"

namespace nsrun::launcher {

struct Identity {
  os::IdMap users;
  os::IdMap groups;
  os::Ids inside;  // the command's
};

// Reads the ranges of the user where `options` want them. Throws base::Failure when there are none
// or the maps have nobody that the command could be, with the mend.
Identity identity_for(const Options& options, const os::Ids& caller);

// From netns-run: gives the user namespace of `process` its maps. More than the caller's own ids
// take newuidmap(1) and newgidmap(1), or a caller with CAP_SETUID and CAP_SETGID. setgroups(2) is
// denied where the map holds only the caller's group. Throws SystemError or base::Failure.
void write_maps(const Identity& identity, pid_t process, const os::Ids& caller);

// In the namespace, with all its capabilities, once its maps are written: takes on `inside` where
// the maps leave the caller out, who then has no group of its own any more either. A caller that is
// in them is `inside` already. A change forgets PR_SET_PDEATHSIG (prctl(2)), and makes the process
// non-dumpable. Throws SystemError.
void take_on(const os::Ids& inside);

}  // namespace nsrun::launcher
