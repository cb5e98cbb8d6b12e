// SPDX-License-Identifier: Apache-2.0
#include "ctl/commands.hh"

#include <gtest/gtest.h>

namespace nsrun::ctl {
namespace {

using nlohmann::json;

const json kEntry{{"id", 3},           {"proto", "tcp"},     {"host_addr", "::"},
                  {"host_port", 8080}, {"guest_addr", "::"}, {"guest_port", 80}};

json instance(const char* command, int64_t started) {
  return {{"name", "web"},
          {"pid", 4711},
          {"started", started},
          {"command", command},
          {"entries", json::array({kEntry})}};
}

std::string line_of(const char* command, int64_t started, int64_t now) {
  const std::string text = format_instances(json::array({instance(command, started)}), now);
  return text.substr(text.find('\n') + 1);
}

TEST(CtlCommands, AnInstanceIsOneLine) {
  EXPECT_EQ(
      line_of("sleep 1", 1000, 1059),
      "web                      4711   59s  sleep 1                      [::]:8080->80/tcp\n");
}

TEST(CtlCommands, TheAgeHasOneUnitAndIsNeverNegative) {
  EXPECT_NE(line_of("x", 1000, 900).find(" 0s "), std::string::npos);
  EXPECT_NE(line_of("x", 0, 60).find(" 1m "), std::string::npos);
  EXPECT_NE(line_of("x", 0, 7200).find(" 2h "), std::string::npos);
  EXPECT_NE(line_of("x", 0, 86400 * 3).find(" 3d "), std::string::npos);
}

TEST(CtlCommands, NothingInACommandReachesTheTerminal) {
  const std::string line = line_of("a\x1b[2J\nb", 0, 1);
  EXPECT_NE(line.find("a?[2J?b"), std::string::npos);
}

TEST(CtlCommands, PortsNameBothEnds) {
  const std::string text = format_ports(json::array({kEntry}));
  EXPECT_NE(text.find("   3 tcp   [::]:8080                    [::]:80\n"), std::string::npos)
      << text;
}

TEST(CtlCommands, PrometheusGetsATypeAndALabel) {
  EXPECT_EQ(format_prometheus({{"dns_queries", 7}}, "web"),
            "# TYPE netns_run_dns_queries_total counter\n"
            "netns_run_dns_queries_total{instance=\"web\"} 7\n");
  EXPECT_EQ(format_stats({{"dns_queries", 7}}), "dns_queries                  7\n");
}

}  // namespace
}  // namespace nsrun::ctl
