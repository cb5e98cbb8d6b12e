// SPDX-License-Identifier: Apache-2.0
#include "launcher/host_check.hh"

#include <gtest/gtest.h>

#include <fstream>

#include "launcher/check.hh"
#include "support/temporary_folder.hh"

namespace nsrun::launcher {
namespace {

using Ranges = std::vector<IdRange>;

std::string lines(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += to_line(finding) + "\n";
  return text;
}

TEST(HostCheck, LimitsAreTold) {
  EXPECT_EQ(
      lines(check_namespace_settings({.max_user_namespaces = "9", .max_network_namespaces = "0"})),
      "ok       user.max_user_namespaces: 9\n"
      "not ok   user.max_net_namespaces: 0; \"sysctl -w user.max_net_namespaces=15000\" by root "
      "allows them\n");
}

TEST(HostCheck, DebiansSysctlAndUbuntusRestrictionAreTold) {
  const std::string off = lines(check_namespace_settings({.unprivileged_userns_clone = "0"}));
  EXPECT_EQ(off.rfind("not ok   kernel.unprivileged_userns_clone: ", 0), 0U) << off;
  EXPECT_EQ(lines(check_namespace_settings({.unprivileged_userns_clone = "1"})),
            "ok       kernel.unprivileged_userns_clone: 1\n");
  const std::string restricted = lines(check_namespace_settings({.apparmor_restriction = "1"}));
  EXPECT_EQ(restricted.rfind("missing  AppArmor: ", 0), 0U) << restricted;
  EXPECT_EQ(lines(check_namespace_settings({.apparmor_restriction = "0"})), "");
}

TEST(HostCheck, PingNeedsAGroupInTheRange) {
  EXPECT_EQ(check_ping("1000\t1000", {4, 1000}).verdict, Verdict::kOk);
  EXPECT_EQ(check_ping("0\t2147483647", {1000}).verdict, Verdict::kOk);
  for (const char* range : {"1\t0", "1001\t2000", "", "x"}) {
    EXPECT_EQ(check_ping(range, {4, 1000}).verdict, Verdict::kMissing) << range;
  }
  EXPECT_EQ(check_ping(std::nullopt, {0}).verdict, Verdict::kMissing);
}

TEST(HostCheck, SubordinateIdsAndToolsAreOptional) {
  EXPECT_EQ(to_line(check_subordinate_ids(IdKind::kGroup, {{100000, 65536}, {7, 1}})),
            "ok       /etc/subgid: 65536 ids from 100000, 1 ids from 7");
  EXPECT_EQ(check_subordinate_ids(IdKind::kUser, {}).verdict, Verdict::kMissing);
  EXPECT_EQ(check_map_tool("newuidmap", "").verdict, Verdict::kMissing);
  EXPECT_EQ(check_map_tool("newuidmap", "/dev/null").verdict, Verdict::kMissing);
}

TEST(HostCheck, LimitsTakeSystemdOrAWholeControlGroup) {
  const test::TemporaryFolder folder;
  const base::Result<std::string> none = base::Error{"no group"};
  EXPECT_EQ(to_line(check_limits("", none)), "ok       limits: systemd");
  EXPECT_EQ(
      to_line(check_limits("no bus", none)),
      "missing  limits: --memory, --cpus and --pids need systemd (no bus) or a cgroup: no group");
  const std::string group = folder.path();
  std::ofstream(folder / "cgroup.controllers") << "cpuset cpu memory\n";
  EXPECT_EQ(to_line(check_limits("no bus", group)),
            "missing  limits: " + group + " has not been given the controllers pids for --pids");
  std::ofstream(folder / "cgroup.controllers") << "pids cpu memory\n";
  EXPECT_EQ(to_line(check_limits("no bus", group)), "ok       limits: " + group);
}

TEST(SubordinateIds, AreFoundByNameAndByNumber) {
  EXPECT_EQ(parse_subordinate_ids("# x\nme:100:10\nyou:200:20\n1000:300:30\nme:400:40", "me", 1000),
            (Ranges{{100, 10}, {300, 30}, {400, 40}}));
  for (const char* text : {"", "me", "me:", "me::", "me:1", "me:x:1", "me:1:x", "me:1:0", "me:-1:5",
                           "me:1:2:3", "me:99999999999:1"}) {
    EXPECT_EQ(parse_subordinate_ids(text, "me", 1000), Ranges{}) << text;
  }
}

TEST(SubordinateIds, AFreeRangeIsBehindAllOthers) {
  EXPECT_EQ(free_subordinate_ids(""), (IdRange{100000, 65536}));
  EXPECT_EQ(free_subordinate_ids("a:300000:10\nb:100000:65536\n# x\n"), (IdRange{300010, 65536}));
  EXPECT_EQ(free_subordinate_ids("a:5:10\nb:4294967000:200\n"), (IdRange{100000, 65536}));
}

TEST(SubordinateIds, AreReadFromGetsubids) {
  EXPECT_EQ(parse_getsubids("0: me 100000 65536\n1: me 300000 10\n"),
            (Ranges{{100000, 65536}, {300000, 10}}));
  EXPECT_EQ(parse_getsubids("Error fetching ranges\n"), Ranges{});
}

}  // namespace
}  // namespace nsrun::launcher
