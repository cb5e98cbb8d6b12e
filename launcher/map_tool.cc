// SPDX-License-Identifier: Apache-2.0
#include "launcher/map_tool.hh"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <vector>

#include "base/error.hh"
#include "launcher/program_output.hh"
#include "launcher/search_path.hh"

namespace nsrun::launcher {
namespace {

// Setuid root, or with file capabilities, as Fedora and Arch have it.
bool has_rights_of_its_own(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) < 0) return false;
  if (status.st_uid == 0 && (status.st_mode & S_ISUID) != 0) return true;
  return ::getxattr(file.c_str(), "security.capability", nullptr, 0) > 0;
}

// newuidmap says which ids it refuses, but not which it would take.
std::string reason_for_refusal(IdKind kind, const std::string& file) {
  if (std::string lack = lack_of_map_tool(file); !lack.empty()) return lack;
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
    return "no-new-privs is set for netns-run, so setuid programs gain no rights";
  }
  const std::vector<IdRange> ranges = subordinate_ids(kind);
  if (ranges.empty()) return lack_of_subordinate_ids(kind);
  return fmt::format("{} gives {} {}, besides their own id", subordinate_id_file(kind), user_name(),
                     to_text(ranges));
}

}  // namespace

const char* map_tool(IdKind kind) noexcept {
  return kind == IdKind::kUser ? "newuidmap" : "newgidmap";
}

std::string lack_of_map_tool(const std::string& file) {
  constexpr const char* kPackage = "the package uidmap (shadow-utils)";
  if (file.empty()) return fmt::format("not found in PATH; {} has it", kPackage);
  if (has_rights_of_its_own(file)) return "";
  return fmt::format("{} is neither setuid root nor has file capabilities; reinstall {}", file,
                     kPackage);
}

void map_by_tool(IdKind kind, pid_t process, const os::IdMap& map) {
  const char* tool = map_tool(kind);
  const std::string file = find_program(tool);
  if (file.empty()) throw base::Failure(fmt::format("{}: {}", tool, lack_of_map_tool(file)));
  std::vector<std::string> arguments{std::to_string(process)};
  for (const os::MappedIds& ids : map) {
    for (const uint32_t number : {ids.inside, ids.outside, ids.count}) {
      arguments.push_back(std::to_string(number));
    }
  }
  const ProgramOutput output = output_of(file, arguments);
  if (output.status == 0) return;
  std::string said = output.text.substr(0, output.text.find('\n'));
  if (said.empty()) said = fmt::format("{}: exit status {}", tool, output.status);
  throw base::Failure(fmt::format("{} ({})", said, reason_for_refusal(kind, file)));
}

}  // namespace nsrun::launcher
