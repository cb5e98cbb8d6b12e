// SPDX-License-Identifier: Apache-2.0
//
// The id maps of a new user namespace (user_namespaces(7)). One uid and one gid need neither
// privileges nor setuid helpers; more need CAP_SETUID and CAP_SETGID where the map is written from.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nsrun::os {

struct Ids {
  uid_t uid = 0;
  gid_t gid = 0;
};

// `count` ids from `outside` on are shown as those from `inside` on.
struct MappedIds {
  uint32_t inside = 0;
  uint32_t outside = 0;
  uint32_t count = 1;
  friend bool operator==(const MappedIds&, const MappedIds&) = default;
};
using IdMap = std::vector<MappedIds>;

// Of the calling process, effective.
Ids own_ids() noexcept;

// Whether the user namespace of the calling process knows its ids, without which the kernel lets it
// make no other one.
bool knows_own_ids();

// `process` is "self" or a number below /proc, in the user namespace that is meant. Throw
// SystemError.
void write_uid_map(const std::string& process, const IdMap& map);
void write_gid_map(const std::string& process, const IdMap& map);
// No setgroups(2) there, without which the kernel refuses an unprivileged map of groups: dropping a
// group could open what is closed to that group.
void deny_setgroups(const std::string& process);

// Shows the one uid and gid of `outside` as those of `inside`, without setgroups(2). Throws
// SystemError.
void write_id_maps(const std::string& process, const Ids& outside, const Ids& inside);

}  // namespace nsrun::os
