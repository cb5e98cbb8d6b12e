// SPDX-License-Identifier: Apache-2.0
#include "rules/auto_publish.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

using wire::Listener;
using wire::Transport;

wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

Listener tcp(std::string_view address, uint16_t port) {
  return {Transport::kTcp, {ip(address), port}};
}
Listener udp(std::string_view address, uint16_t port) {
  return {Transport::kUdp, {ip(address), port}};
}

// As "tcp 127.0.0.1:3000 -> 0.0.0.0:3000".
using Texts = std::vector<std::string>;
Texts texts(std::span<const PortForward> forwards) {
  Texts result;
  for (const PortForward& each : forwards) result.push_back(each.to_string());
  return result;
}

class AutoForwards : public testing::Test {
 protected:
  Texts made(const std::vector<Listener>& listeners,
             const std::vector<const char*>& rules = {"auto"}) const {
    std::vector<AutoRule> parsed;
    for (const char* text : rules) parsed.push_back(parse_auto_rule(text).value());
    return texts(auto_forwards(listeners, parsed, reach_));
  }

  AutoReach reach_{.plan = make_network_plan(kDefaultCidr, kDefaultCidr6).value(),
                   .v6 = true,
                   .tcp_loopback = true};
};

TEST_F(AutoForwards, EachFamilyLeadsToItsLoopbackByDefault) {
  EXPECT_EQ(made({udp("0.0.0.0", 5353), tcp("0.0.0.0", 3000), tcp("::", 3000), tcp("::", 2000)}),
            (Texts{"tcp [::1]:2000 -> [::]:2000", "tcp 127.0.0.1:3000 -> 0.0.0.0:3000",
                   "tcp [::1]:3000 -> [::]:3000", "udp 127.0.0.1:5353 -> 0.0.0.0:5353"}));
}

TEST_F(AutoForwards, WhatNoRuleCoversIsLeftOut) {
  EXPECT_EQ(made({tcp("0.0.0.0", 80), tcp("0.0.0.0", 3000), tcp("0.0.0.0", 5000)},
                 {"auto:~5000", "auto:6000"}),
            (Texts{"tcp 127.0.0.1:3000 -> 0.0.0.0:3000"}));
}

TEST_F(AutoForwards, AnAddressIsForListenersOfItsFamily) {
  EXPECT_EQ(made({tcp("0.0.0.0", 3000), tcp("::", 3000)}, {"0.0.0.0:auto"}),
            (Texts{"tcp 0.0.0.0:3000 -> 0.0.0.0:3000"}));
}

TEST_F(AutoForwards, TheFirstRuleThatCoversAPortHasIt) {
  EXPECT_EQ(made({tcp("0.0.0.0", 3000), tcp("::", 3000), tcp("0.0.0.0", 4000)},
                 {"0.0.0.0:auto:3000", "auto"}),
            (Texts{"tcp 0.0.0.0:3000 -> 0.0.0.0:3000", "tcp [::1]:3000 -> [::]:3000",
                   "tcp 127.0.0.1:4000 -> 0.0.0.0:4000"}));
}

TEST_F(AutoForwards, WhereTheGuestIsReachedDecides) {
  // Another network of the guest's: nobody outside it gets there.
  EXPECT_EQ(made({tcp("172.17.0.1", 3000)}), Texts{});
  EXPECT_EQ(made({tcp("10.0.2.100", 3000), tcp("fd00::100", 3001)}),
            (Texts{"tcp 127.0.0.1:3000 -> 10.0.2.100:3000", "tcp [::1]:3001 -> [fd00::100]:3001"}));
  EXPECT_EQ(made({tcp("127.0.0.1", 3000), tcp("::1", 3001), tcp("127.0.0.2", 3002),
                  udp("127.0.0.1", 3003)}),
            (Texts{"tcp 127.0.0.1:3000 -> 0.0.0.0:3000", "tcp [::1]:3001 -> [::]:3001"}));
  reach_.tcp_loopback = false;
  EXPECT_EQ(made({tcp("127.0.0.1", 3000), tcp("::1", 3001)}), Texts{});
}

TEST_F(AutoForwards, TheGuestsLoopbackIsForTheHostsLoopbackOnly) {
  EXPECT_EQ(made({tcp("127.0.0.1", 3000), tcp("::1", 3000)}, {"0.0.0.0:auto", "[::1]:auto"}),
            (Texts{"tcp [::1]:3000 -> [::]:3000"}));
  EXPECT_EQ(made({tcp("127.0.0.1", 3000)}, {"0.0.0.0:auto", "auto"}),
            (Texts{"tcp 127.0.0.1:3000 -> 0.0.0.0:3000"}));
}

TEST_F(AutoForwards, WithoutIpv6ThereIsOnlyIpv4) {
  reach_.v6 = false;
  EXPECT_EQ(made({tcp("0.0.0.0", 3000), tcp("::", 3000), tcp("::1", 3001)}),
            (Texts{"tcp 127.0.0.1:3000 -> 0.0.0.0:3000"}));
}

TEST_F(AutoForwards, OnePortIsPublishedOnceAndPreferablyForAllAddresses) {
  EXPECT_EQ(made({tcp("10.0.2.100", 3000), tcp("0.0.0.0", 3000), tcp("127.0.0.1", 3000)}),
            (Texts{"tcp 127.0.0.1:3000 -> 0.0.0.0:3000"}));
}

class AutoChangeTest : public testing::Test {
 protected:
  static PortForward forward(Transport transport, std::string_view host, uint16_t port) {
    const auto address = ip(host);
    return {transport, {address, port}, {address.is_v4() ? wire::kAnyV4 : wire::kAnyV6, port}};
  }

  const PortForward v4_ = forward(Transport::kTcp, "127.0.0.1", 3000);
  const PortForward v6_ = forward(Transport::kTcp, "::1", 3000);
  const PortForward udp_ = forward(Transport::kUdp, "127.0.0.1", 3000);
  const PortForward other_ = forward(Transport::kTcp, "127.0.0.1", 3001);
};

TEST_F(AutoChangeTest, NothingChangesNothing) {
  const std::vector<PortForward> same{v4_, v6_};
  const AutoChange change = auto_change(same, same);
  EXPECT_TRUE(change.gone.empty() && change.come.empty());
}

TEST_F(AutoChangeTest, FamiliesOfAPortComeTogetherAndProtocolsDoNot) {
  const std::vector<PortForward> wanted{v4_, v6_, other_, udp_};
  const AutoChange change = auto_change({}, wanted);
  ASSERT_EQ(change.come.size(), 3U);
  EXPECT_EQ(change.come[0], (std::vector{v4_, v6_}));
  EXPECT_EQ(change.come[1], std::vector{other_});
  EXPECT_EQ(change.come[2], std::vector{udp_});
}

TEST_F(AutoChangeTest, WhatIsWantedNoMoreGoes) {
  const std::vector<PortForward> published{v4_, v6_, other_};
  const std::vector<PortForward> wanted{v6_, udp_};
  const AutoChange change = auto_change(published, wanted);
  EXPECT_EQ(change.gone, (std::vector{v4_, other_}));
  ASSERT_EQ(change.come.size(), 1U);
  EXPECT_EQ(change.come[0], std::vector{udp_});
}

}  // namespace
}  // namespace nsrun::rules
