// SPDX-License-Identifier: Apache-2.0
//
// What the command may use, all its processes together: the values of --memory, --cpus and --pids,
// and where the files of a control group (cgroups(7), version 2) hold them. Pure, but for
// missing_limits().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nsrun::launcher {

struct Limits {
  std::optional<uint64_t> memory_bytes = {};
  std::optional<uint64_t> cpu_microseconds = {};  // in a second
  std::optional<uint64_t> processes = {};

  bool has_any() const noexcept { return memory_bytes || cpu_microseconds || processes; }
};

// "512m", "1.5GiB", "4096": Docker's suffixes, powers of 1024.
std::optional<uint64_t> parse_memory(std::string_view text);
// "0.5", "2": microseconds in a second.
std::optional<uint64_t> parse_cpus(std::string_view text);

// A file of a control group.
struct LimitFile {
  const char* controller;
  const char* option;
  std::string name;
  std::string text;
};
std::vector<LimitFile> files_for(const Limits& limits);

// The controllers among those that `limits` need that `list` (cgroup.controllers) lacks, each with
// its option: "cpu for --cpus". "" when all are there.
std::string missing_controllers(const Limits& limits, std::string_view list);

// The files of `limits` that are not in force in the control group at `directory`, likewise.
std::string missing_limits(const Limits& limits, const std::string& directory);

}  // namespace nsrun::launcher
