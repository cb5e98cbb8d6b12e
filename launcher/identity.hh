// SPDX-License-Identifier: Apache-2.0
//
// Who the command is in its user namespace (user_namespaces(7)): the caller's one uid and one gid,
// either under their own numbers or as 0. More would need setuid helpers and subordinate ids.
#pragma once

#include <sys/types.h>

namespace nsrun::launcher {

struct Identity {
  uid_t uid = 0;  // as seen inside
  gid_t gid = 0;
};

Identity identity_inside(bool map_root) noexcept;

// Maps the calling process's effective ids to `inside`, in the user namespace that process `child`
// was made in. Denies setgroups(2) there first, without which the kernel refuses the map of groups:
// dropping a group could open what is closed to that group. Throws SystemError.
void write_id_maps(pid_t child, const Identity& inside);

}  // namespace nsrun::launcher
