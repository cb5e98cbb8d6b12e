// SPDX-License-Identifier: Apache-2.0
//
// The command line of netns-ctl: argv to one of its commands, every value checked, nothing asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hh"
#include "rules/port_rule.hh"

namespace nsrun::ctl {

struct ListInstances {};
struct AddPorts {
  std::string instance;
  std::vector<rules::PortRule> rules;
};
struct RemovePorts {
  std::string instance;
  std::vector<rules::PortRule> rules;
};
struct ListPorts {
  std::string instance;
};
struct ShowStats {
  std::string instance;
  bool as_prometheus = false;
};
struct ListConnections {
  std::string instance;
};
struct CaptureFrames {
  std::string instance;
  std::string path;  // "-": standard output
  std::string filter;
  std::optional<uint64_t> frames;  // so many and no more
  std::optional<uint64_t> seconds;
};
struct ShowTop {
  std::optional<std::string> instance;  // its connections; else all instances
  bool once = false;
};
struct StopInstance {
  std::string instance;
  unsigned seconds = 10;  // before it is killed
};
struct RunInInstance {
  std::string instance;
  std::vector<std::string> words;  // the program and its arguments
};
using Command = std::variant<ListInstances, AddPorts, RemovePorts, ListPorts, ShowStats,
                             ListConnections, CaptureFrames, ShowTop, StopInstance, RunInInstance>;

struct Options {
  Command command;
  bool as_json = false;
};

struct ShowHelp {};
struct ShowVersion {};
using Invocation = std::variant<Options, ShowHelp, ShowVersion>;

// The error says what is expected.
base::Result<Invocation> parse_options(int argc, const char* const* argv);

std::string_view help_text() noexcept;

}  // namespace nsrun::ctl
