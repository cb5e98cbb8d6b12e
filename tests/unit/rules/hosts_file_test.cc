// SPDX-License-Identifier: Apache-2.0
#include "rules/hosts_file.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

std::string hosts(std::string_view host_text, std::string_view host_name = "box") {
  return hosts_file_for_guest(host_text, host_name, *make_network_plan(kDefaultCidr, ""));
}

constexpr std::string_view kOurs = "10.0.2.100 box\n10.0.2.2 host.netns.internal\n";

TEST(HostsFile, KeepsTheHostsLinesAsTheyAre) {
  const std::string host =
      "# The loopback\n127.0.0.1\tlocalhost\n\n::1  localhost ip6-localhost # v6\n"
      "192.168.1.9 printer\n";
  EXPECT_EQ(hosts(host), std::string(kOurs) + host);
}

TEST(HostsFile, NamesThatWeDefineLeaveTheHostsLines) {
  struct Case {
    const char* line;
    const char* kept;
  };
  for (const auto& [line, kept] : {
           Case{"127.0.1.1 box\n", ""},
           Case{"127.0.1.1 box.example.org box\n", "127.0.1.1 box.example.org\n"},
           Case{"192.168.1.5\tbox other # me\n", "192.168.1.5 other\n"},
           Case{"10.0.2.2 host.netns.internal\n", ""},
           Case{"1.2.3.4 boxer\n", "1.2.3.4 boxer\n"},
           Case{"# 1.2.3.4 box\n", "# 1.2.3.4 box\n"},
           Case{"1.2.3.4 other # box\n", "1.2.3.4 other # box\n"},
           Case{"1.2.3.4\n", "1.2.3.4\n"},
           Case{"1.2.3.4 last-line", "1.2.3.4 last-line\n"},
       }) {
    const std::string localhost = "127.0.0.1 localhost\n";
    EXPECT_EQ(hosts(localhost + line), std::string(kOurs) + localhost + kept) << line;
  }
}

TEST(HostsFile, LocalhostIsThereEvenWhenTheHostHasNoFile) {
  EXPECT_EQ(hosts(""), "127.0.0.1 localhost\n::1 localhost\n" + std::string(kOurs));
  EXPECT_EQ(hosts("# 127.0.0.1 localhost\n"), "127.0.0.1 localhost\n::1 localhost\n" +
                                                  std::string(kOurs) + "# 127.0.0.1 localhost\n");
}

TEST(HostsFile, AHostCalledLocalhostStaysOnLoopback) {
  for (const char* name : {"localhost", ""}) {
    EXPECT_EQ(hosts("127.0.0.1 localhost\n", name),
              "10.0.2.2 host.netns.internal\n127.0.0.1 localhost\n");
  }
}

TEST(HostsFile, AddedNamesComeFirstAndCountInsteadOfAllOthers) {
  const auto plan = *make_network_plan(kDefaultCidr, "");
  const auto address = *wire::IpAddress::parse("192.0.2.7");
  const auto address_v6 = *wire::IpAddress::parse("2001:db8::7");
  EXPECT_EQ(hosts_file_for_guest("127.0.0.1 localhost\n192.168.1.9 printer db # old\n", "box", plan,
                                 {{"db", address}, {"db", address_v6}, {"box", address}}),
            "192.0.2.7 db\n2001:db8::7 db\n192.0.2.7 box\n10.0.2.2 host.netns.internal\n"
            "127.0.0.1 localhost\n192.168.1.9 printer\n");
}

TEST(HostsFile, NestedRunsDoNotPileUp) {
  const std::string once = hosts("127.0.0.1 localhost\n");
  EXPECT_EQ(hosts(once), once);
}

}  // namespace
}  // namespace nsrun::rules
