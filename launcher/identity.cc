// SPDX-License-Identifier: Apache-2.0
#include "launcher/identity.hh"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <unistd.h>

#include <string>

#include "base/error.hh"
#include "launcher/map_tool.hh"
#include "launcher/subordinate_ids.hh"
#include "sandbox/capabilities.hh"

namespace nsrun::launcher {
namespace {

os::IdMap map_for(IdKind kind, const Options& options, uint32_t own) {
  const os::IdMap& given = kind == IdKind::kUser ? options.uid_map : options.gid_map;
  if (!given.empty()) return given;
  if (!options.map_auto) return {{.inside = options.map_root ? 0 : own, .outside = own}};
  const auto ranges = subordinate_ids(kind);
  if (ranges.empty()) {
    throw base::Failure(fmt::format("--map-auto: {}", lack_of_subordinate_ids(kind)));
  }
  return automatic_id_map(own, ranges);
}

uint32_t command_in(const os::IdMap& map, const char* option, uint32_t own) {
  if (const auto id = id_of_command(map, own)) return *id;
  throw base::Failure(fmt::format(
      "{0}: leaves the command no id; expected your own id among those outside, as in {0} "
      "{1}:{1}:1, or 0 among those inside",
      option, own));
}

bool is_own_only(const os::IdMap& map, uint32_t own) noexcept {
  return map.size() == 1 && map.front().outside == own && map.front().count == 1;
}

}  // namespace

Identity identity_for(const Options& options, const os::Ids& caller) {
  Identity identity{.users = map_for(IdKind::kUser, options, caller.uid),
                    .groups = map_for(IdKind::kGroup, options, caller.gid),
                    .inside = {}};
  identity.inside = {.uid = command_in(identity.users, "--uid-map", caller.uid),
                     .gid = command_in(identity.groups, "--gid-map", caller.gid)};
  return identity;
}

void write_maps(const Identity& identity, pid_t process, const os::Ids& caller) {
  const std::string directory = std::to_string(process);
  if (is_own_only(identity.users, caller.uid) || sandbox::holds_capability(CAP_SETUID)) {
    os::write_uid_map(directory, identity.users);
  } else {
    map_by_tool(IdKind::kUser, process, identity.users);
  }
  if (is_own_only(identity.groups, caller.gid)) {
    os::deny_setgroups(directory);
    os::write_gid_map(directory, identity.groups);
  } else if (sandbox::holds_capability(CAP_SETGID)) {
    os::write_gid_map(directory, identity.groups);
  } else {
    map_by_tool(IdKind::kGroup, process, identity.groups);
  }
}

void take_on(const os::Ids& inside) {
  if (::getegid() != inside.gid) {
    base::check("leave the caller's groups", ::setgroups(0, nullptr));
    base::check(fmt::format("become group {}", inside.gid),
                ::setresgid(inside.gid, inside.gid, inside.gid));
  }
  if (::geteuid() != inside.uid) {
    base::check(fmt::format("become user {}", inside.uid),
                ::setresuid(inside.uid, inside.uid, inside.uid));
  }
}

}  // namespace nsrun::launcher
