// SPDX-License-Identifier: Apache-2.0
//
// The id maps of a new user namespace (user_namespaces(7)): one uid and one gid, which needs
// neither privileges nor setuid helpers.
#pragma once

#include <sys/types.h>

#include <string>

namespace nsrun::os {

struct Ids {
  uid_t uid = 0;
  gid_t gid = 0;
};

// Of the calling process, effective.
Ids own_ids() noexcept;

// Shows `outside` as `inside` in the user namespace that `process` ("self" or a number below /proc)
// is in. Denies setgroups(2) there first, without which the kernel refuses the map of groups:
// dropping a group could open what is closed to that group. Throws SystemError.
void write_id_maps(const std::string& process, const Ids& outside, const Ids& inside);

}  // namespace nsrun::os
