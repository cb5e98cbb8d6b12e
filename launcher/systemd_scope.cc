// SPDX-License-Identifier: Apache-2.0
#include "launcher/systemd_scope.hh"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/error.hh"
#include "launcher/own_programs.hh"
#include "launcher/program_output.hh"

namespace nsrun::launcher {
namespace {

// "" or what it complains of.
std::string complaint_of_scope_program(const std::vector<std::string>& arguments) {
  const ProgramOutput output = output_of(find_scope_program(), arguments);
  if (output.status == 0) return "";
  return output.text.empty() ? fmt::format("netns-scope gives {}", output.status) : output.text;
}

}  // namespace

std::string complaint_of_systemd() {
  try {
    return complaint_of_scope_program({});
  } catch (const base::Failure& error) {  // it is not installed
    return error.what();
  }
}

void start_scope(const std::string& unit, pid_t process, const Limits& limits) {
  std::vector<std::string> arguments{unit, std::to_string(process)};
  const auto add = [&](const char* property, const std::optional<uint64_t>& value) {
    if (value) arguments.push_back(fmt::format("{}={}", property, *value));
  };
  add("MemoryMax", limits.memory_bytes);
  add("CPUQuotaPerSecUSec", limits.cpu_microseconds);
  add("TasksMax", limits.processes);
  const std::string complaint = complaint_of_scope_program(arguments);
  if (!complaint.empty()) throw base::Failure(complaint);
}

}  // namespace nsrun::launcher
