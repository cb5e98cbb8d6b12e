// SPDX-License-Identifier: Apache-2.0
#include "rules/egress.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

class Egress : public testing::Test {
 protected:
  Verdict judge_text(std::string_view destination) const {
    return judge(policy, plan, wire::IpAddress::parse(destination).value());
  }

  EgressPolicy policy;
  NetworkPlan plan = *make_network_plan(kDefaultCidr, kDefaultCidr6);
};

constexpr EgressPolicy kEverythingOpen{.allow_host_loopback = true, .allow_link_local = true};

TEST_F(Egress, SomeAddressesAreNeverADestinationInAnyMode) {
  for (const EgressPolicy& mode : {EgressPolicy(), kEverythingOpen}) {
    policy = mode;
    for (const char* destination :
         {"0.0.0.0", "0.255.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "224.0.0.0",
          "224.0.0.251", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255",
          "10.0.2.255", "::", "::1", "ff00::", "ff02::1", "ff0e::1234"}) {
      EXPECT_EQ(judge_text(destination), Verdict::kNeverADestination) << destination;
    }
  }
}

TEST_F(Egress, NeighboursOfTheClosedRangesAreOpen) {
  for (const char* destination :
       {"1.0.0.0",       "126.255.255.255", "128.0.0.0",       "223.255.255.255", "169.253.255.255",
        "169.255.0.0",   "100.100.100.199", "100.100.100.201", "192.0.0.191",     "192.0.0.193",
        "168.63.129.15", "168.63.129.17",   "10.0.2.254",      "10.0.3.255",      "192.168.1.1",
        "::2",           "fe7f::1",         "fec0::1",         "fd00:ec1::1",     "fd00:ec3::1",
        "2001:db8::1",   "feff::1"}) {
    EXPECT_EQ(judge_text(destination), Verdict::kAllow) << destination;
  }
}

TEST_F(Egress, LinkLocalAndMetadataNeedTheOption) {
  for (const char* destination :
       {"169.254.0.0", "169.254.169.254", "169.254.255.255", "100.100.100.200", "192.0.0.192",
        "168.63.129.16", "fe80::", "fe80::1", "febf:ffff::1", "fd00:ec2::254", "fd00:ec2:ffff::"}) {
    policy = {};
    EXPECT_EQ(judge_text(destination), Verdict::kLinkLocal) << destination;
    policy.allow_link_local = true;
    EXPECT_EQ(judge_text(destination), Verdict::kAllow) << destination;
  }
}

TEST_F(Egress, TheGatewayIsTheHostsLoopback) {
  for (const char* gateway : {"10.0.2.2", "fd00::2"}) {
    policy = {};
    EXPECT_EQ(judge_text(gateway), Verdict::kHostLoopback) << gateway;
    policy.allow_host_loopback = true;
    EXPECT_EQ(judge_text(gateway), Verdict::kAllow) << gateway;
  }
}

TEST_F(Egress, EachOptionOpensOnlyItsOwn) {
  policy = {.allow_host_loopback = true, .allow_link_local = false};
  EXPECT_EQ(judge_text("169.254.169.254"), Verdict::kLinkLocal);
  policy = {.allow_host_loopback = false, .allow_link_local = true};
  EXPECT_EQ(judge_text("10.0.2.2"), Verdict::kHostLoopback);
}

TEST_F(Egress, TheDnsAddressIsAlwaysAllowed) {
  EXPECT_EQ(judge_text("10.0.2.3"), Verdict::kAllow);
  EXPECT_EQ(judge_text("fd00::3"), Verdict::kAllow);
  plan = *make_network_plan("169.254.0.0/16", kDefaultCidr6);
  EXPECT_EQ(judge_text("169.254.0.3"), Verdict::kAllow);
}

TEST_F(Egress, WithoutV6TheUnusedAddressesOfThePlanMeanNothing) {
  plan = *make_network_plan(kDefaultCidr, "");
  EXPECT_EQ(judge_text("fd00::2"), Verdict::kAllow);
  EXPECT_EQ(judge_text("::"), Verdict::kNeverADestination);
}

TEST_F(Egress, EveryVerdictHasItsWords) {
  EXPECT_EQ(verdict_reason(Verdict::kAllow), "allowed");
  EXPECT_EQ(verdict_reason(Verdict::kNeverADestination), "never a destination");
  EXPECT_EQ(verdict_reason(Verdict::kLinkLocal), "link-local or metadata");
  EXPECT_EQ(verdict_reason(Verdict::kHostLoopback), "host loopback is closed");
}

}  // namespace
}  // namespace nsrun::rules
