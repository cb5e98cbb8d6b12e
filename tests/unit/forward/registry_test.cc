// SPDX-License-Identifier: Apache-2.0
#include "forward/registry.hh"

#include <gtest/gtest.h>

#include "support/host_socket.hh"
#include "support/running_data_plane.hh"

namespace nsrun::forward {
namespace {

using test::HostSocket;
using wire::Transport;

class RegistryTest : public testing::Test {
 protected:
  static rules::PortForward forward(uint16_t host_port) {
    return {Transport::kTcp, {wire::kLoopbackV4, host_port}, {wire::kAnyV4, 80}};
  }
  static rules::PortRule loopback_rule(uint16_t port, Transport transport = Transport::kTcp) {
    rules::PortRule rule;
    rule.transport = transport;
    rule.host_address = wire::kLoopbackV4;
    rule.host_first = port;
    rule.guest_first = 80;
    return rule;
  }
  static uint16_t free_port() { return HostSocket::bound(Transport::kTcp).port(); }

  test::FakeGuest guest_;
  dataplane::DataPlane data_plane_{test::default_config(), guest_.take_tap()};
  Registry registry_{data_plane_};
};

TEST_F(RegistryTest, IdsStartAtOneAndAreNeverUsedTwice) {
  EXPECT_EQ(*registry_.add(forward(free_port())), 1);
  EXPECT_EQ(*registry_.add(forward(free_port())), 2);
  EXPECT_TRUE(registry_.remove(2));
  EXPECT_EQ(*registry_.add(forward(free_port())), 3);
  ASSERT_EQ(registry_.entries().size(), 2U);
  EXPECT_EQ(registry_.entries()[1].id, 3);
}

TEST_F(RegistryTest, WhatAnEarlierHelperHadKeepsItsIds) {
  const uint16_t port = free_port();
  EXPECT_EQ(*registry_.restore(7, forward(port)), 7);
  registry_.skip_ids(9);
  EXPECT_EQ(*registry_.add(forward(free_port())), 10);
  EXPECT_TRUE(registry_.remove(7));
}

TEST_F(RegistryTest, EntriesNameTheGuestsAddress) {
  ASSERT_TRUE(registry_.add(forward(free_port())));
  EXPECT_EQ(registry_.entries()[0].forward.guest, (wire::Endpoint{test::kGuestV4, 80}));
  EXPECT_EQ(registry_.entries()[0].asked.guest, (wire::Endpoint{wire::kAnyV4, 80}));
}

TEST_F(RegistryTest, TheErrorNamesThePortAndTheReason) {
  const HostSocket holder = HostSocket::bound(Transport::kTcp);
  const auto added = registry_.add(forward(holder.port()));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error(),
            fmt::format("TCP port 127.0.0.1:{}: Address already in use", holder.port()));
}

TEST_F(RegistryTest, ARemovedPortIsFreeAtOnce) {
  const uint16_t port = free_port();
  ASSERT_TRUE(registry_.add(forward(port)));
  EXPECT_TRUE(registry_.remove(1));
  EXPECT_FALSE(registry_.remove(1));
  EXPECT_TRUE(registry_.add(forward(port)));
}

TEST_F(RegistryTest, AWildcardRuleGivesBothFamilies) {
  rules::PortRule rule;
  rule.host_first = free_port();
  rule.guest_first = 80;
  const auto added = registry_.add({rule});
  ASSERT_TRUE(added) << added.error();
  ASSERT_FALSE(added->empty());
  EXPECT_EQ((*added)[0].forward.host.address, wire::kAnyV4);
  // One entry only where this host has no IPv6.
  if (added->size() == 2) {
    EXPECT_EQ((*added)[1].forward.host.address, wire::kAnyV6);
  }
}

// Ports of one kernel-chosen neighbourhood: the range ends at a port that is taken.
TEST_F(RegistryTest, ARangeIsPublishedWholeOrNotAtAll) {
  const HostSocket holder = HostSocket::bound(Transport::kTcp);
  rules::PortRule rule;
  rule.host_address = wire::kLoopbackV4;
  rule.count = 2;
  rule.host_first = static_cast<uint16_t>(holder.port() - 1);
  rule.guest_first = 8000;
  EXPECT_FALSE(registry_.add({rule}));
  EXPECT_TRUE(registry_.entries().empty());
}

TEST_F(RegistryTest, SeveralRulesArePublishedAllOrNotAtAll) {
  const HostSocket holder = HostSocket::bound(Transport::kUdp);
  const std::vector<rules::PortRule> rules{loopback_rule(free_port()),
                                           loopback_rule(holder.port(), Transport::kUdp)};
  EXPECT_FALSE(registry_.add(rules));
  EXPECT_TRUE(registry_.entries().empty());
  EXPECT_TRUE(registry_.add(forward(rules[0].host_first))) << "the first one is free again";
}

TEST_F(RegistryTest, RulesEndWhatTheyHavePublishedAndTheRestStays) {
  const std::vector<rules::PortRule> first{loopback_rule(free_port())};
  const std::vector<rules::PortRule> second{loopback_rule(free_port()),
                                            loopback_rule(free_port(), Transport::kUdp)};
  ASSERT_TRUE(registry_.add(first) && registry_.add(second));
  // Named twice is named.
  const auto removed = registry_.remove({second[1], second[0], second[1]});
  ASSERT_TRUE(removed) << removed.error();
  ASSERT_EQ(removed->size(), 2U);
  EXPECT_EQ((*removed)[0].id, 2);
  ASSERT_EQ(registry_.entries().size(), 1U);
  EXPECT_EQ(registry_.entries()[0].id, 1);
  EXPECT_TRUE(registry_.add(second));
}

TEST_F(RegistryTest, NothingIsRemovedWhenOneOfThePortsIsNotPublished) {
  const rules::PortRule published = loopback_rule(free_port());
  ASSERT_TRUE(registry_.add({published}));
  rules::PortRule wrong_guest = published;
  wrong_guest.guest_first = 81;
  rules::PortRule wrong_transport = published;
  wrong_transport.transport = Transport::kUdp;
  rules::PortRule wrong_address = published;
  wrong_address.host_address.reset();
  rules::PortRule longer = published;
  longer.count = 2;
  for (const rules::PortRule& wrong : {wrong_guest, wrong_transport, wrong_address, longer}) {
    const auto removed = registry_.remove({published, wrong});
    ASSERT_FALSE(removed) << wrong.to_string();
    EXPECT_NE(removed.error().find("is not published; published: tcp 127.0.0.1:"),
              std::string::npos)
        << removed.error();
    EXPECT_EQ(registry_.entries().size(), 1U);
  }
  EXPECT_TRUE(registry_.remove({published}));
  EXPECT_EQ(registry_.remove({published}).error(),
            published.to_string() + " is not published; nothing is");
}

}  // namespace
}  // namespace nsrun::forward
