// SPDX-License-Identifier: Apache-2.0
//
// "netns-ctl connections": what an instance relays at the moment, and whose it is.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace nsrun::ctl {

// {"connections": [...], "denied_by_policy": N}: all flows, in the order of their names, each with
// the guest's process ("pid", "process"; null where it is not known). Throws like ask().
nlohmann::json connections_of(const std::string& instance);

struct FlowColumn {
  const char* title;
  const char* member;  // a number of bytes
};
// A line for each, below one of titles.
std::string format_flows(const nlohmann::json& flows, const FlowColumn& sent,
                         const FlowColumn& received);
std::string format_connections(const nlohmann::json& listed);

}  // namespace nsrun::ctl
