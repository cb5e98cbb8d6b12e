// SPDX-License-Identifier: Apache-2.0
//
// The user's subordinate ids (subuid(5), subgid(5)): what newuidmap(1) and newgidmap(1) may map
// for this user besides its own id.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nsrun::launcher {

enum class IdKind { kUser, kGroup };

struct IdRange {
  uint32_t first = 0;
  uint32_t count = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

// The lines of /etc/subuid or /etc/subgid that are for `user` by name or by number. Lines that
// cannot be understood are left out.
std::vector<IdRange> parse_subordinate_ids(std::string_view text, std::string_view user, uid_t uid);
// What getsubids(1) prints: "0: user 100000 65536".
std::vector<IdRange> parse_getsubids(std::string_view text);

// "/etc/subuid" or "/etc/subgid".
const char* subordinate_id_file(IdKind kind) noexcept;
// The name of the calling user; its number where it has none.
std::string user_name();
// From getsubids where it is installed, since the ids may come from a directory service; else from
// the file. Throws SystemError.
std::vector<IdRange> subordinate_ids(IdKind kind);

}  // namespace nsrun::launcher
