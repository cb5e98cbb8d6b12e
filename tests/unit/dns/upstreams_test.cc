// SPDX-License-Identifier: Apache-2.0
#include "dns/upstreams.hh"

#include <gtest/gtest.h>

namespace nsrun::dns {
namespace {

using namespace std::chrono_literals;
using Servers = std::vector<Upstream>;

constexpr auto kFirst = wire::IpAddress::v4(0x01010101);
constexpr auto kSecond = wire::IpAddress::v4(0x02020202);
constexpr auto kThird = wire::kLoopbackV6;
constexpr base::Time kStart{1h};

class UpstreamsTest : public testing::Test {
 protected:
  UpstreamsTest() { upstreams.set({kFirst, kSecond, kThird}); }
  Upstreams upstreams;
};

TEST_F(UpstreamsTest, KeepsTheOrderOfTheFile) {
  EXPECT_EQ(upstreams.order(kStart), (Servers{kFirst, kSecond, kThird}));
}

TEST_F(UpstreamsTest, AServerThatFailedIsAskedLastForAWhile) {
  upstreams.mark_failed(kFirst, kStart);
  EXPECT_EQ(upstreams.order(kStart), (Servers{kSecond, kThird, kFirst}));
  EXPECT_EQ(upstreams.order(kStart + 30s - 1ns), (Servers{kSecond, kThird, kFirst}));
  EXPECT_EQ(upstreams.order(kStart + 30s), (Servers{kFirst, kSecond, kThird}));
}

TEST_F(UpstreamsTest, AnAnswerEndsTheAvoidance) {
  upstreams.mark_failed(kFirst, kStart);
  upstreams.mark_answered(kFirst);
  EXPECT_EQ(upstreams.order(kStart), (Servers{kFirst, kSecond, kThird}));
}

TEST_F(UpstreamsTest, WhenAllFailedAllAreAskedInTheOrderOfTheFile) {
  for (const auto& server : {kThird, kFirst, kSecond}) upstreams.mark_failed(server, kStart);
  EXPECT_EQ(upstreams.order(kStart), (Servers{kFirst, kSecond, kThird}));
}

TEST_F(UpstreamsTest, ANewFailureProlongsTheAvoidance) {
  upstreams.mark_failed(kFirst, kStart);
  upstreams.mark_failed(kFirst, kStart + 20s);
  EXPECT_EQ(upstreams.order(kStart + 49s).front(), kSecond);
  EXPECT_EQ(upstreams.order(kStart + 50s).front(), kFirst);
}

TEST_F(UpstreamsTest, NewServersStartWithACleanSlate) {
  upstreams.mark_failed(kFirst, kStart);
  upstreams.set({kFirst, kThird});
  EXPECT_EQ(upstreams.order(kStart), (Servers{kFirst, kThird}));
}

TEST_F(UpstreamsTest, VerdictsOnServersThatAreGoneAreIgnored) {
  upstreams.set({kSecond});
  upstreams.mark_failed(kFirst, kStart);
  upstreams.mark_answered(kFirst);
  EXPECT_EQ(upstreams.order(kStart), Servers{kSecond});
}

TEST(Upstreams, WithoutServersItIsTheHostsLoopback) {
  Upstreams upstreams;
  EXPECT_EQ(upstreams.order(kStart), Servers{wire::kLoopbackV4});
  upstreams.set({kFirst});
  upstreams.set({});
  EXPECT_EQ(upstreams.order(kStart), Servers{wire::kLoopbackV4});
}

TEST(Upstreams, OneAddressOnTwoLinksAreTwoServers) {
  Upstreams upstreams;
  upstreams.set({{kThird, 1}, {kThird, 2}});
  upstreams.mark_failed({kThird, 1}, kStart);
  EXPECT_EQ(upstreams.order(kStart), (Servers{{kThird, 2}, {kThird, 1}}));
}

TEST(Upstreams, RepeatedServersCountOnce) {
  Upstreams upstreams;
  upstreams.set({kFirst, kSecond, kFirst});
  EXPECT_EQ(upstreams.order(kStart), (Servers{kFirst, kSecond}));
}

}  // namespace
}  // namespace nsrun::dns
