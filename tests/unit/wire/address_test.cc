// SPDX-License-Identifier: Apache-2.0
#include "wire/address.hh"

#include <gtest/gtest.h>

namespace nsrun::wire {
namespace {

TEST(MacAddress, TextRoundTrips) {
  const auto mac = MacAddress::parse("52:54:00:aB:Cd:01");
  ASSERT_TRUE(mac);
  EXPECT_EQ(mac->to_string(), "52:54:00:ab:cd:01");
  EXPECT_FALSE(mac->is_multicast());
  EXPECT_TRUE(kBroadcastMac.is_multicast());
}

TEST(MacAddress, OtherTextsAreRefused) {
  for (const char* text : {"", "52:54:00:ab:cd", "52:54:00:ab:cd:01:", "52-54-00-ab-cd-01",
                           "52:54:00:ab:cd:0g", "5254:00:ab:cd:01:", "+2:54:00:ab:cd:01"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

TEST(IpAddress, TextRoundTrips) {
  for (const char* text : {"0.0.0.0", "10.0.2.100", "255.255.255.255", "::", "::1", "fd00::100",
                           "2001:db8:1:2:3:4:5:6"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
    EXPECT_EQ(IpAddress::from_bytes(address->header_bytes()), *address);
  }
}

TEST(IpAddress, OtherTextsAreRefused) {
  for (const char* text : {"", "10.0.2", "10.0.2.256", "10.0.2.1 ", "[::1]", "fe80::1%eth0",
                           "10.0.2.0/24", "::1::", "localhost"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, MappedIsIpv4) {
  EXPECT_EQ(IpAddress::parse("::ffff:10.0.2.2"), IpAddress::parse("10.0.2.2"));
  EXPECT_TRUE(IpAddress::parse("::ffff:10.0.2.2")->is_v4());
  EXPECT_TRUE(IpAddress::parse("::10.0.2.2")->is_v6());
  EXPECT_EQ(IpAddress::parse("10.0.2.2")->header_bytes().size(), 4U);
}

TEST(IpAddress, Kinds) {
  EXPECT_TRUE(kAnyV4.is_unspecified() && kAnyV6.is_unspecified());
  EXPECT_TRUE(kLoopbackV4.is_loopback() && kLoopbackV6.is_loopback());
  EXPECT_TRUE(IpAddress::parse("127.255.0.1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  EXPECT_NE(kAnyV4, kAnyV6);
}

struct Membership {
  const char* prefix;
  const char* address;
  bool is_inside;
};

class Prefixes : public testing::TestWithParam<Membership> {};

TEST_P(Prefixes, Contain) {
  const auto prefix = Prefix::parse(GetParam().prefix);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->to_string(), GetParam().prefix);
  EXPECT_EQ(prefix->contains(*IpAddress::parse(GetParam().address)), GetParam().is_inside);
}

INSTANTIATE_TEST_SUITE_P(Table, Prefixes,
                         testing::Values(Membership{"10.0.2.0/24", "10.0.2.255", true},
                                         Membership{"10.0.2.0/24", "10.0.3.0", false},
                                         Membership{"10.0.2.0/23", "10.0.3.0", true},
                                         Membership{"0.0.0.0/0", "203.0.113.9", true},
                                         Membership{"0.0.0.0/0", "::1", false},
                                         Membership{"::/0", "10.0.0.1", false},
                                         Membership{"::/0", "2001:db8::1", true},
                                         Membership{"fd00::/64", "fd00::ffff", true},
                                         Membership{"fd00::/64", "fd00:0:0:1::", false},
                                         Membership{"10.0.2.1/32", "10.0.2.1", true},
                                         Membership{"10.0.2.1/32", "10.0.2.0", false}));

TEST(Prefix, OtherTextsAreRefused) {
  for (const char* text : {"10.0.2.0", "10.0.2.0/", "10.0.2.0/33", "10.0.2.0/-1", "fd00::/129",
                           "/24", "10.0.2.0/24/24", "10.0.2.0/2x"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(Prefix, NetworkHasNoHostBits) {
  EXPECT_EQ(Prefix::parse("10.1.2.3/20")->network(), IpAddress::parse("10.1.0.0"));
  EXPECT_EQ(Prefix::parse("fd00::1:2:3/64")->network(), IpAddress::parse("fd00::"));
  EXPECT_EQ(Prefix::parse("10.1.2.3/0")->network(), kAnyV4);
}

TEST(Endpoint, Text) {
  EXPECT_EQ((Endpoint{*IpAddress::parse("10.0.2.100"), 80}.to_string()), "10.0.2.100:80");
  EXPECT_EQ((Endpoint{*IpAddress::parse("fd00::100"), 80}.to_string()), "[fd00::100]:80");
}

}  // namespace
}  // namespace nsrun::wire
