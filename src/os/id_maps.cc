// SPDX-License-Identifier: Apache-2.0
#include "os/id_maps.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <string_view>

#include "base/error.hh"
#include "base/fd.hh"
#include "os/text_file.hh"

namespace nsrun::os {
namespace {

void write_process_file(const std::string& process, const char* name, std::string_view text) {
  const std::string path = fmt::format("/proc/{}/{}", process, name);
  const std::string attempted = fmt::format("write {}", path);
  const base::Fd file(base::check(attempted, ::open(path.c_str(), O_WRONLY | O_CLOEXEC)));
  base::check(attempted, ::write(file.number(), text.data(), text.size()));
}

std::string to_text(const IdMap& map) {
  std::string text;
  for (const MappedIds& ids : map) {
    text += fmt::format("{} {} {}\n", ids.inside, ids.outside, ids.count);
  }
  return text;
}

// user_namespaces(7): "INSIDE OUTSIDE COUNT" in each line.
bool is_in_map(const char* path, uint32_t id) {
  std::istringstream lines(text_or_nothing(path));
  for (uint32_t inside = 0, outside = 0, count = 0; lines >> inside >> outside >> count;) {
    if (id >= inside && id - inside < count) return true;
  }
  return false;
}

}  // namespace

bool knows_own_ids() {
  const Ids own = own_ids();
  return is_in_map("/proc/self/uid_map", own.uid) && is_in_map("/proc/self/gid_map", own.gid);
}

Ids own_ids() noexcept { return {.uid = ::geteuid(), .gid = ::getegid()}; }

void write_uid_map(const std::string& process, const IdMap& map) {
  write_process_file(process, "uid_map", to_text(map));
}

void write_gid_map(const std::string& process, const IdMap& map) {
  write_process_file(process, "gid_map", to_text(map));
}

void deny_setgroups(const std::string& process) {
  try {
    write_process_file(process, "setgroups", "deny");
  } catch (const base::SystemError& error) {
    // Kernels before 3.19 have no such file and need none.
    if (error.error_number() != ENOENT) throw;
  }
}

void write_id_maps(const std::string& process, const Ids& outside, const Ids& inside) {
  write_uid_map(process, {{.inside = inside.uid, .outside = outside.uid}});
  deny_setgroups(process);
  write_gid_map(process, {{.inside = inside.gid, .outside = outside.gid}});
}

}  // namespace nsrun::os
