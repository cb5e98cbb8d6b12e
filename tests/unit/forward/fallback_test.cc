// SPDX-License-Identifier: Apache-2.0
#include "forward/fallback.hh"

#include <gtest/gtest.h>

#include "support/host_socket.hh"
#include "support/running_data_plane.hh"

namespace nsrun::forward {
namespace {

using test::HostSocket;
using wire::Transport;

class FallbackTest : public testing::Test {
 protected:
  static rules::PortRule loopback_rule(uint16_t host_port) {
    rules::PortRule rule;
    rule.host_address = wire::kLoopbackV4;
    rule.host_first = host_port;
    rule.guest_first = 80;
    return rule;
  }

  test::FakeGuest guest_;
  dataplane::DataPlane data_plane_{test::default_config(), guest_.take_tap()};
  Registry registry_{data_plane_};
};

TEST_F(FallbackTest, AFreePortStays) {
  const uint16_t port = HostSocket::bound(Transport::kTcp).port();
  const auto moved = add_with_fallback(registry_, {loopback_rule(port)});
  ASSERT_TRUE(moved) << moved.error();
  EXPECT_TRUE(moved->empty());
  EXPECT_EQ(registry_.entries().at(0).forward.host.port, port);
}

TEST_F(FallbackTest, ATakenPortMovesUpAndIsTold) {
  const HostSocket holder = HostSocket::bound(Transport::kTcp);
  const auto moved = add_with_fallback(registry_, {loopback_rule(holder.port())});
  ASSERT_TRUE(moved) << moved.error();
  ASSERT_EQ(moved->size(), 1U);
  EXPECT_EQ((*moved)[0].asked, holder.port());
  EXPECT_EQ((*moved)[0].published, registry_.entries().at(0).forward.host.port);
  EXPECT_NE((*moved)[0].published, holder.port());
}

// The host has IPv4's port free, but not IPv6's.
TEST_F(FallbackTest, BothFamiliesMoveTogether) {
  const HostSocket holder = HostSocket::bound(Transport::kTcp, wire::kLoopbackV6);
  rules::PortRule rule = loopback_rule(holder.port());
  rule.host_address.reset();
  if (registry_.forwards_of(rule).size() < 2) GTEST_SKIP() << "this host has no IPv6";
  const auto moved = add_with_fallback(registry_, {rule});
  ASSERT_TRUE(moved) << moved.error();
  ASSERT_EQ(moved->size(), 1U);
  ASSERT_EQ(registry_.entries().size(), 2U);
  for (const Entry& entry : registry_.entries()) {
    EXPECT_EQ(entry.forward.host.port, (*moved)[0].published);
  }
}

TEST_F(FallbackTest, OtherTroubleIsAnError) {
  rules::PortRule rule = loopback_rule(8080);
  rule.host_address = wire::IpAddress::parse("198.51.100.7");
  const auto moved = add_with_fallback(registry_, {rule});
  ASSERT_FALSE(moved);
  EXPECT_NE(moved.error().find("198.51.100.7:8080"), std::string::npos) << moved.error();
  EXPECT_TRUE(registry_.entries().empty());
}

TEST_F(FallbackTest, TheMessageNamesBothPortsAndUdp) {
  EXPECT_EQ((MovedPort{Transport::kTcp, 3000, 3001}).to_string(),
            "port 3000 is taken on the host: published as 3001");
  EXPECT_EQ((MovedPort{Transport::kUdp, 53, 54}).to_string(),
            "UDP port 53 is taken on the host: published as 54");
}

}  // namespace
}  // namespace nsrun::forward
