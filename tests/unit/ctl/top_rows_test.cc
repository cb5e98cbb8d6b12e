// SPDX-License-Identifier: Apache-2.0
#include "ctl/top_rows.hh"

#include <gtest/gtest.h>

namespace nsrun::ctl {
namespace {

using nlohmann::json;

json instance(const char* name, uint64_t from_guest, uint64_t to_guest) {
  return {{"info", {{"name", name}, {"pid", 4711}, {"started", 1000}, {"command", "sl\x1b ep"}}},
          {"stats",
           {{"bytes_from_guest", from_guest},
            {"bytes_to_guest", to_guest},
            {"tcp_flows_opened", 10},
            {"tcp_flows_closed", 7},
            {"udp_flows_opened", 5},
            {"udp_flows_expired", 5},
            {"denied_by_policy", 2},
            {"dropped_bad_ip", 1},
            {"dropped_tap_full", 3}}}};
}

json flow(int guest_port, uint64_t to_host, uint64_t to_guest) {
  return {{"proto", "tcp"},
          {"direction", "out"},
          {"guest_addr", "10.0.2.100"},
          {"guest_port", guest_port},
          {"remote_addr", "192.0.2.2"},
          {"remote_port", 80},
          {"state", "ESTABLISHED"},
          {"policy", "allowed"},
          {"bytes_to_host", to_host},
          {"bytes_to_guest", to_guest},
          {"age_ms", 5000},
          {"rtt_us", nullptr},
          {"guest_rtt_us", nullptr},
          {"pid", nullptr},
          {"process", nullptr}};
}

json flows(std::initializer_list<json> list) {
  return {{"connections", json(list)}, {"denied_by_policy", 0}};
}

TEST(TopRows, AnInstanceHasRatesAndWhatIsOpen) {
  const json rows = instance_rows(json::array({instance("web", 1000, 500)}),
                                  json::array({instance("web", 5000, 500)}), 2.0, 1060);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["bytes_from_guest_per_s"], 2000);
  EXPECT_EQ(rows[0]["bytes_to_guest_per_s"], 0);
  EXPECT_EQ(rows[0]["tcp"], 3);
  EXPECT_EQ(rows[0]["udp"], 0);
  EXPECT_EQ(rows[0]["denied"], 2);
  EXPECT_EQ(rows[0]["dropped"], 4);
  const std::string text = format_instance_rows(rows);
  EXPECT_EQ(text.substr(text.find('\n') + 1),
            "web                      4711    1m    2.0K       0     3     0       2       4  sl? "
            "ep\n");
}

TEST(TopRows, ANewInstanceHasNoRateYetAndANewHelperCountsAnew) {
  const json after = json::array({instance("new", 7000, 0), instance("web", 300, 0)});
  const json rows = instance_rows(json::array({instance("web", 9000, 0)}), after, 1.0, 1000);
  EXPECT_EQ(rows[0]["bytes_from_guest_per_s"], 0);
  EXPECT_EQ(rows[1]["bytes_from_guest_per_s"], 300);
}

TEST(TopRows, TheBusiestConnectionIsFirst) {
  const json rows =
      connection_rows(flows({flow(1, 100, 0), flow(2, 0, 0), flow(3, 5, 5)}),
                      flows({flow(1, 100, 0), flow(2, 50, 950), flow(4, 10, 20)}), 1.0);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["guest_port"], 2);
  EXPECT_EQ(rows[0]["bytes_to_host_per_s"], 50);
  EXPECT_EQ(rows[0]["bytes_to_guest_per_s"], 950);
  EXPECT_EQ(rows[1]["guest_port"], 4);  // new: all of its bytes are
  EXPECT_EQ(rows[1]["bytes_to_guest_per_s"], 20);
  EXPECT_EQ(rows[2]["guest_port"], 1);
  const std::string text = format_connection_rows(rows);
  EXPECT_NE(text.find("SENT/s"), std::string::npos);
  EXPECT_NE(text.find("    50    950 "), std::string::npos) << text;
}

TEST(TopRows, NoTimeIsNoRate) {
  const json same = flows({flow(1, 100, 100)});
  EXPECT_EQ(connection_rows(same, same, 0)[0]["bytes_to_host_per_s"], 0);
}

TEST(TopRows, TextIsCutToTheScreen) {
  EXPECT_EQ(fitted("abc\nde\nf\n", 2, 2), "ab\nde\n");
  EXPECT_EQ(fitted("abc\n", 5, 80), "abc\n");
  EXPECT_EQ(fitted("a\xc3\xa4z\n", 1, 2), "a\n");
  EXPECT_EQ(fitted("a\xc3\xa4z\n", 1, 3), "a\xc3\xa4\n");
  EXPECT_EQ(fitted("abc\n", 0, 80), "");
}

}  // namespace
}  // namespace nsrun::ctl
