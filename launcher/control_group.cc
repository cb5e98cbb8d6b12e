// SPDX-License-Identifier: Apache-2.0
#include "launcher/control_group.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/log.hh"
#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::launcher {
namespace {

// One write(2): the kernel takes or refuses it as a whole. (It never makes a file here; tests have
// a folder instead of a control group.)
void write_control(const std::string& path, std::string_view text) {
  const std::string attempted = fmt::format("write \"{}\" to {}", text, path);
  const base::Fd file(
      base::check(attempted, ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)));
  base::check(attempted, ::write(file.number(), text.data(), text.size()));
}

void make_group(const std::string& path) {
  base::check(fmt::format("make the control group {}", path), ::mkdir(path.c_str(), 0755));
}

void move(std::string_view process, const std::string& to) {
  try {
    write_control(to + "/cgroup.procs", process);
  } catch (const base::SystemError& error) {
    if (error.error_number() != ESRCH) throw;  // it has ended
  }
}

// Processes come while we move them.
void move_all(const std::string& from, const std::string& to) {
  constexpr int kMostRounds = 16;
  for (int round = 0; round < kMostRounds; ++round) {
    bool is_empty = true;
    const std::string processes = os::text_or_nothing(from + "/cgroup.procs");
    rules::for_each_line(processes, [&](std::string_view pid) {
      is_empty = false;
      move(pid, to);
    });
    if (is_empty) return;
  }
}

std::string enabling_words(const Limits& limits, std::string_view enabled_already) {
  std::string words;
  const auto there = rules::split_words(enabled_already);
  for (const LimitFile& file : files_for(limits)) {
    if (std::ranges::find(there, std::string_view(file.controller)) != there.end()) continue;
    words += fmt::format("{}+{}", words.empty() ? "" : " ", file.controller);
  }
  return words;
}

std::string first_line(const std::string& path) {
  std::string text = os::text_or_nothing(path);
  return text.substr(0, text.find('\n'));
}

}  // namespace

base::Result<std::string> group_directory(const std::string& root,
                                          std::string_view proc_pid_cgroup) {
  base::Result<std::string> found = base::Error{"this process is not in a cgroup of version 2"};
  rules::for_each_line(proc_pid_cgroup, [&](std::string_view line) {
    if (line.starts_with("0::/")) found = fmt::format("{}{}", root, line.substr(3));
  });
  return found;
}

base::Result<std::string> delegated_directory(const std::string& root,
                                              std::string_view proc_pid_cgroup) {
  auto directory = group_directory(root, proc_pid_cgroup);
  if (!directory || ::access(directory->c_str(), W_OK) == 0) return directory;
  return base::Error{fmt::format(
      "{} is not yours; \"systemd-run --user --scope -p Delegate=yes\" gives one", *directory)};
}

void add_to_group(const std::string& directory, pid_t process) {
  write_control(directory + "/cgroup.procs", fmt::format("{}", process));
}

ControlGroup::ControlGroup(const std::string& directory, const std::string& name)
    : parent_(directory), path_(fmt::format("{}/{}", directory, name)) {}

// From here on the destructor undoes what has been done, also when this throws.
ControlGroup::ControlGroup(const std::string& directory, const std::string& name,
                           const Limits& limits)
    : ControlGroup(directory, name) {
  const std::string missing =
      missing_controllers(limits, os::text_or_nothing(parent_ + "/cgroup.controllers"));
  if (!missing.empty()) {
    throw base::Failure(fmt::format("the control group {} has not been given the controllers {}",
                                    parent_, missing));
  }
  enable_controllers(limits);
  make_group(path_);
  is_made_ = true;
  for (const LimitFile& file : files_for(limits)) {
    write_control(fmt::format("{}/{}", path_, file.name), file.text);
  }
}

void ControlGroup::enable_controllers(const Limits& limits) {
  const std::string control = parent_ + "/cgroup.subtree_control";
  enabled_ = enabling_words(limits, first_line(control));
  if (enabled_.empty()) return;
  make_room_for_controllers();
  write_control(control, enabled_);
}

void ControlGroup::make_room_for_controllers() {
  // The root of the hierarchy may hold processes all the same.
  const bool is_root = ::access((parent_ + "/cgroup.type").c_str(), F_OK) < 0;
  if (is_root) return;
  const std::string others = path_ + ".others";
  make_group(others);
  others_ = others;
  move_all(parent_, others_);
}

ControlGroup::~ControlGroup() {
  if (is_made_) ::rmdir(path_.c_str());
  if (others_.empty()) return;
  try {
    std::string disabling = enabled_;
    std::ranges::replace(disabling, '+', '-');
    write_control(parent_ + "/cgroup.subtree_control", disabling);
    move_all(others_, parent_);
  } catch (const base::SystemError& error) {
    // Somebody else has made groups there meanwhile.
    base::log::debug("{}", error.what());
  }
  ::rmdir(others_.c_str());
}

}  // namespace nsrun::launcher
