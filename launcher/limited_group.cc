// SPDX-License-Identifier: Apache-2.0
#include "launcher/limited_group.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.hh"
#include "launcher/systemd_scope.hh"
#include "os/text_file.hh"

namespace nsrun::launcher {
namespace {

std::string cgroup_text_of(const std::string& process) {
  return os::text_or_nothing(fmt::format("/proc/{}/cgroup", process));
}

// The scope's directory. systemd leaves out what it cannot set, and says so only in its log.
std::string require_limits(const std::string& unit, pid_t process, const Limits& limits) {
  const auto directory = group_directory(kControlGroups, cgroup_text_of(std::to_string(process)));
  if (!directory) throw base::Failure(fmt::format("systemd and limits: {}", directory.error()));
  if (!directory->ends_with("/" + unit)) {
    throw base::Failure(
        fmt::format("systemd has not moved the command to {}: it is in {}", unit, *directory));
  }
  const std::string missing = missing_limits(limits, *directory);
  if (missing.empty()) return *directory;
  throw base::Failure(fmt::format(
      "the user's systemd has not been given the controllers {}; \"Delegate=cpu memory pids\" in "
      "the section [Service] of \"systemctl edit user@.service\" by root gives them",
      missing));
}

}  // namespace

LimitedGroup::LimitedGroup(const Limits& limits, pid_t process) {
  const std::string complaint = complaint_of_systemd();
  if (complaint.empty()) {
    const std::string unit = fmt::format("netns-run-{}.scope", ::getpid());
    start_scope(unit, process, limits);
    directory_ = require_limits(unit, process, limits);
    return;
  }
  const auto directory = delegated_directory(kControlGroups, cgroup_text_of("self"));
  if (!directory) {
    throw base::Failure(
        fmt::format("limits need the user's systemd ({}) or a control group of your own ({})",
                    complaint, directory.error()));
  }
  own_.emplace(*directory, fmt::format("netns-run-{}", ::getpid()), limits);
  directory_ = own_->path();
  add(process);
}

void LimitedGroup::add(pid_t process) {
  try {
    add_to_group(directory_, process);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EACCES || own_) throw;
    // The group above both must be the user's; that of a login session is below root's.
    throw base::Failure(fmt::format(
        "{} (\"systemd-run --user --scope netns-ctl exec ...\" starts it where it can be moved)",
        error.what()));
  }
}

}  // namespace nsrun::launcher
