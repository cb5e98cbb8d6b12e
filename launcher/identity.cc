// SPDX-License-Identifier: Apache-2.0
#include "launcher/identity.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.hh"
#include "base/fd.hh"

namespace nsrun::launcher {
namespace {

void write_process_file(pid_t process, const char* name, const std::string& text) {
  const std::string path = fmt::format("/proc/{}/{}", process, name);
  const std::string attempted = fmt::format("write {}", path);
  const base::Fd file(base::check(attempted, ::open(path.c_str(), O_WRONLY | O_CLOEXEC)));
  base::check(attempted, ::write(file.number(), text.data(), text.size()));
}

void deny_setgroups(pid_t process) {
  try {
    write_process_file(process, "setgroups", "deny");
  } catch (const base::SystemError& error) {
    // Kernels before 3.19 have no such file and need none.
    if (error.error_number() != ENOENT) throw;
  }
}

}  // namespace

Identity identity_inside(bool map_root) noexcept {
  return map_root ? Identity{} : Identity{.uid = ::geteuid(), .gid = ::getegid()};
}

void write_id_maps(pid_t child, const Identity& inside) {
  write_process_file(child, "uid_map", fmt::format("{} {} 1", inside.uid, ::geteuid()));
  deny_setgroups(child);
  write_process_file(child, "gid_map", fmt::format("{} {} 1", inside.gid, ::getegid()));
}

}  // namespace nsrun::launcher
