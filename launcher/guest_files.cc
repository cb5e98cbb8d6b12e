// SPDX-License-Identifier: Apache-2.0
#include "launcher/guest_files.hh"

#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <exception>
#include <filesystem>
#include <optional>

#include "base/error.hh"
#include "base/log.hh"
#include "launcher/etc_files.hh"
#include "launcher/name_service.hh"
#include "os/mount.hh"
#include "os/text_file.hh"
#include "rules/hosts_file.hh"
#include "rules/resolv_conf.hh"

namespace nsrun::launcher {
namespace {

constexpr unsigned long kInert = MS_NOSUID | MS_NODEV | MS_NOEXEC;

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) < 0) return "localhost";
  return name.data();
}

std::vector<EtcFile> etc_files_for(const Options& options) {
  std::vector<EtcFile> files;
  files.push_back(
      {"hosts", rules::hosts_file_for_guest(os::text_or_nothing("/etc/hosts"), host_name(),
                                            options.plan, options.names.hosts)});
  if (!options.host_name.empty()) files.push_back({"hostname", options.host_name + "\n"});
  if (!options.has_dns) return files;
  auto host = rules::parse_resolv_conf(os::text_or_nothing("/etc/resolv.conf"));
  if (options.names.search) host.search = *options.names.search;
  if (!options.names.options.empty()) host.options = options.names.options;
  files.push_back(
      {"resolv.conf", rules::format_resolv_conf(rules::resolv_conf_for_guest(host, options.plan))});
  const std::string nsswitch = nsswitch_for_guest(os::text_or_nothing("/etc/nsswitch.conf"));
  if (!nsswitch.empty()) files.push_back({"nsswitch.conf", nsswitch});
  return files;
}

void mount_etc(const Options& options) {
  if (!std::filesystem::is_directory("/etc")) return;
  try {
    replace_etc_files(etc_files_for(options));
  } catch (const std::exception& error) {
    base::log::warning("the command sees the host's /etc/resolv.conf and /etc/hosts: {}",
                       error.what());
  }
}

// nscd(8) answers lookups from the host's view of the network.
void hide_name_cache() {
  constexpr const char* kSocketDirectory = "/run/nscd";
  if (!std::filesystem::is_directory(kSocketDirectory)) return;
  try {
    os::mount_file_system({.type = "tmpfs",
                           .target = kSocketDirectory,
                           .flags = kInert | MS_RDONLY,
                           .options = "mode=0755"});
  } catch (const base::SystemError& error) {
    base::log::debug("{}", error.what());
  }
}

std::optional<base::Fd> copy_if_any(const std::string& path) {
  try {
    return os::copy_mounts(path);
  } catch (const base::SystemError&) {
    return std::nullopt;
  }
}

// The working directory may lie in what was covered just now.
void enter_again(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (!directory.empty()) std::filesystem::current_path(directory, ignored);
}

}  // namespace

void separate_mounts(bool has_pid_namespace) {
  os::stop_mounts_from_leaving();
  if (!has_pid_namespace) return;
  try {
    os::mount_file_system({.type = "proc", .target = "/proc", .flags = kInert});
  } catch (const base::SystemError& error) {
    base::log::warning("/proc still shows the host's processes: {}", error.what());
  }
}

void mount_guest_files(const Options& options) {
  std::error_code unknown;
  const auto directory = std::filesystem::current_path(unknown);
  mount_etc(options);
  hide_name_cache();
  enter_again(directory);
}

void mount_sys() {
  constexpr const char* kControlGroups = "/sys/fs/cgroup";
  try {
    const auto control_groups = copy_if_any(kControlGroups);
    os::mount_file_system({.type = "sysfs", .target = "/sys", .flags = kInert | MS_RDONLY});
    if (control_groups) os::attach_mounts(*control_groups, kControlGroups);
  } catch (const base::SystemError& error) {
    base::log::debug("/sys shows the host's interfaces: {}", error.what());
  }
}

}  // namespace nsrun::launcher
