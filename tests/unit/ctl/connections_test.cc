// SPDX-License-Identifier: Apache-2.0
#include "ctl/connections.hh"

#include <gtest/gtest.h>

namespace nsrun::ctl {
namespace {

using nlohmann::json;

json flow() {
  return {{"proto", "tcp"},         {"direction", "out"},   {"guest_addr", "10.0.2.100"},
          {"guest_port", 40000},    {"remote_addr", "::1"}, {"remote_port", 443},
          {"state", "ESTABLISHED"}, {"policy", "allowed"},  {"bytes_to_host", 2048},
          {"bytes_to_guest", 7},    {"age_ms", 61999},      {"rtt_us", 12345},
          {"guest_rtt_us", 25},     {"pid", 4711},          {"process", "cu\x1brl"}};
}

std::string lines_of(const json& one, uint64_t denied = 0) {
  const std::string text =
      format_connections({{"connections", json::array({one})}, {"denied_by_policy", denied}});
  return text.substr(text.find('\n') + 1);
}

TEST(CtlConnections, AFlowIsOneLine) {
  EXPECT_EQ(
      lines_of(flow()),
      "tcp   out       ESTABLISHED  10.0.2.100:40000       [::1]:443                2.0K      "
      "7   1m  12.3ms allowed  cu?rl(4711)\n");
}

TEST(CtlConnections, WhatIsNotKnownIsADash) {
  json unknown = flow();
  for (const char* member : {"state", "rtt_us", "guest_rtt_us", "pid", "process"}) {
    unknown[member] = nullptr;
  }
  EXPECT_EQ(
      lines_of(unknown),
      "tcp   out       -            10.0.2.100:40000       [::1]:443                2.0K      "
      "7   1m       - allowed  -\n");
}

TEST(CtlConnections, WhatIsDeniedIsCounted) {
  EXPECT_NE(lines_of(flow(), 3).find("\ndenied by policy so far: 3 packets\n"), std::string::npos);
}

}  // namespace
}  // namespace nsrun::ctl
