// SPDX-License-Identifier: Apache-2.0
//
// The user's subordinate ids (subuid(5), subgid(5)): what newuidmap(1) and newgidmap(1) may map
// for this user besides its own id.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "launcher/id_map.hh"

namespace nsrun::launcher {

enum class IdKind { kUser, kGroup };

// The lines of /etc/subuid or /etc/subgid that are for `user` by name or by number. Lines that
// cannot be understood are left out.
std::vector<IdRange> parse_subordinate_ids(std::string_view text, std::string_view user, uid_t uid);
// What getsubids(1) prints: "0: user 100000 65536".
std::vector<IdRange> parse_getsubids(std::string_view text);

// A range behind all of those in such a file, so that no two users share one.
IdRange free_subordinate_ids(std::string_view text);

// "/etc/subuid" or "/etc/subgid".
const char* subordinate_id_file(IdKind kind) noexcept;
// "65536 ids from 100000, 10 ids from 7".
std::string to_text(const std::vector<IdRange>& ranges);
// The name of the calling user; its number where it has none.
std::string user_name();
// From getsubids where it is installed, since the ids may come from a directory service; else from
// the file. Throws SystemError.
std::vector<IdRange> subordinate_ids(IdKind kind);
// For a user without any: what is missing, in which file, and the line that mends it.
std::string lack_of_subordinate_ids(IdKind kind);

}  // namespace nsrun::launcher
