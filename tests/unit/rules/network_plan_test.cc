// SPDX-License-Identifier: Apache-2.0
#include "rules/network_plan.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

TEST(NetworkPlan, DefaultsAreThoseOfSlirp4netns) {
  const auto plan = make_network_plan(kDefaultCidr, kDefaultCidr6);
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->v4.to_string(), "10.0.2.0/24");
  EXPECT_EQ(plan->gateway_v4, ip("10.0.2.2"));
  EXPECT_EQ(plan->dns_v4, ip("10.0.2.3"));
  EXPECT_EQ(plan->dhcp_start_v4, ip("10.0.2.15"));
  EXPECT_EQ(plan->guest_v4, ip("10.0.2.100"));
  EXPECT_TRUE(plan->has_v6);
  EXPECT_EQ(plan->v6.to_string(), "fd00::/64");
  EXPECT_EQ(plan->gateway_v6, ip("fd00::2"));
  EXPECT_EQ(plan->dns_v6, ip("fd00::3"));
  EXPECT_EQ(plan->guest_v6, ip("fd00::100"));
}

TEST(NetworkPlan, WithoutV6NothingOfItIsSet) {
  const auto plan = make_network_plan("10.0.2.0/24", "");
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_FALSE(plan->has_v6);
  EXPECT_EQ(plan->guest_v6, wire::IpAddress());
  EXPECT_EQ(plan->dns_v6, wire::IpAddress());
}

TEST(NetworkPlan, OffsetsCountFromTheNetworkWhateverItsLength) {
  struct Case {
    const char* cidr;
    const char* guest;
  };
  for (const auto& [cidr, guest] :
       {Case{"10.0.2.0/25", "10.0.2.100"}, Case{"10.0.2.128/25", "10.0.2.228"},
        Case{"172.16.0.0/12", "172.16.0.100"}, Case{"10.0.0.0/8", "10.0.0.100"},
        Case{"128.0.0.0/1", "128.0.0.100"}}) {
    const auto plan = make_network_plan(cidr, "");
    ASSERT_TRUE(plan.ok()) << plan.error();
    EXPECT_EQ(plan->guest_v4, ip(guest)) << cidr;
    EXPECT_TRUE(plan->v4.contains(plan->gateway_v4)) << cidr;
  }
}

TEST(NetworkPlan, OffsetsCountFromTheV6NetworkWhateverItsLength) {
  const auto plan = make_network_plan("10.0.2.0/24", "fd12:3456:789a::/48");
  ASSERT_TRUE(plan.ok()) << plan.error();
  EXPECT_EQ(plan->gateway_v6, ip("fd12:3456:789a::2"));
  EXPECT_EQ(plan->guest_v6, ip("fd12:3456:789a::100"));
}

TEST(NetworkPlan, ErrorsSayWhatIsExpected) {
  struct Case {
    const char* cidr;
    const char* cidr6;
    const char* error;
  };
  const Case cases[] = {
      {"", "", "invalid CIDR: \"\": expected a network like 10.0.2.0/24"},
      {"foo", "", "invalid CIDR: \"foo\": expected a network like 10.0.2.0/24"},
      {"10.0.2.0", "", "invalid CIDR: \"10.0.2.0\": expected a network like 10.0.2.0/24"},
      {"10.0.2.0/33", "", "invalid CIDR: \"10.0.2.0/33\": expected a network like 10.0.2.0/24"},
      {"10.0.2.0/24/1", "", "invalid CIDR: \"10.0.2.0/24/1\": expected a network like 10.0.2.0/24"},
      {"fd00::/64", "", "invalid CIDR: \"fd00::/64\": expected a network like 10.0.2.0/24"},
      {"10.0.2.100/24", "",
       "CIDR needs to be a network address like 10.0.2.0/24, not like 10.0.2.100/24"},
      {"192.168.7.9/16", "",
       "CIDR needs to be a network address like 192.168.0.0/16, not like 192.168.7.9/16"},
      {"10.0.2.0/26", "", "invalid CIDR: \"10.0.2.0/26\": prefix length needs to be 1-25"},
      {"0.0.0.0/0", "", "invalid CIDR: \"0.0.0.0/0\": prefix length needs to be 1-25"},
      {"127.0.0.0/8", "",
       "invalid CIDR: \"127.0.0.0/8\": expected a unicast network like 10.0.2.0/24"},
      {"0.0.0.0/1", "", "invalid CIDR: \"0.0.0.0/1\": expected a unicast network like 10.0.2.0/24"},
      {"224.0.0.0/8", "",
       "invalid CIDR: \"224.0.0.0/8\": expected a unicast network like 10.0.2.0/24"},
      {"10.0.2.0/24", "fd00::", "invalid IPv6 CIDR: \"fd00::\": expected a network like fd00::/64"},
      {"10.0.2.0/24", "10.0.3.0/24",
       "invalid IPv6 CIDR: \"10.0.3.0/24\": expected a network like fd00::/64"},
      {"10.0.2.0/24", "fd00::/65",
       "invalid IPv6 CIDR: \"fd00::/65\": prefix length needs to be 1-64"},
      {"10.0.2.0/24", "fd00::1/64",
       "IPv6 CIDR needs to be a network address like fd00::/64, not like fd00::1/64"},
      {"10.0.2.0/24", "fe80::/64",
       "invalid IPv6 CIDR: \"fe80::/64\": expected a unicast network like fd00::/64"},
      {"10.0.2.0/24", "ff00::/8",
       "invalid IPv6 CIDR: \"ff00::/8\": expected a unicast network like fd00::/64"},
  };
  for (const Case& item : cases) {
    const auto plan = make_network_plan(item.cidr, item.cidr6);
    ASSERT_FALSE(plan.ok()) << item.cidr << " " << item.cidr6;
    EXPECT_EQ(plan.error(), item.error);
  }
}

}  // namespace
}  // namespace nsrun::rules
