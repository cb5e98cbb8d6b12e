// SPDX-License-Identifier: Apache-2.0
//
// What a guest with root in its namespace can craft, and what becomes of it.
#include <gtest/gtest.h>

#include "support/running_data_plane.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using test::Arrival;
using test::bytes;
using test::Frame;
using test::ip;
using test::kGatewayV4;
using test::kGuestV4;
using test::kGuestV6;
using test::RunningDataPlane;

struct DeniedDestination {
  const char* address;
  bool is_answered;  // one host's address: the sender is told
};

constexpr DeniedDestination kDenied[] = {
    {"127.0.0.1", true},    {"127.1.2.3", true},        {"0.0.0.1", true},
    {"169.254.1.1", true},  {"169.254.169.254", true},  {"100.100.100.200", true},
    {"224.0.0.251", false}, {"255.255.255.255", false}, {"240.0.0.1", false},
    {"::1", true},          {"fe80::1234", true},       {"fd00:ec2::254", true},
    {"ff02::fb", false},
};

class Denied : public testing::TestWithParam<DeniedDestination> {
 protected:
  const wire::IpAddress destination_ = ip(GetParam().address);
  const wire::IpAddress source_ = destination_.is_v4() ? kGuestV4 : kGuestV6;
  RunningDataPlane plane_;

  void is_denied() {
    EXPECT_EQ(plane_.count(Counter::kDeniedByPolicy), 1U);
    EXPECT_EQ(plane_.count(Counter::kSlirpFrames), 0U);
  }
  void is_prohibited() {
    if (GetParam().is_answered) {
      const Arrival refusal = plane_.guest.receives();
      EXPECT_EQ(refusal.icmp().code(), destination_.is_v4()
                                           ? wire::icmp_v4::kAdministrativelyProhibited
                                           : wire::icmp_v6::kAdministrativelyProhibited);
    }
    is_denied();
  }
};

INSTANTIATE_TEST_SUITE_P(DataPlane, Denied, testing::ValuesIn(kDenied), [](const auto& test) {
  std::string name = test.param.address;
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST_P(Denied, Tcp) {
  plane_.guest.sends(test::syn_frame({source_, 4000}, {destination_, 80}));
  if (GetParam().is_answered) {
    EXPECT_TRUE(plane_.guest.receives().tcp().has(wire::kTcpRst));
  }
  is_denied();
}

TEST_P(Denied, Udp) {
  plane_.guest.sends(test::udp_frame({source_, 4000}, {destination_, 80}, bytes("x")));
  is_prohibited();
}

TEST_P(Denied, Ping) {
  plane_.guest.sends(test::ping_frame(source_, destination_));
  is_prohibited();
}

TEST_P(Denied, Fragments) {
  const std::string payload(100, 'x');
  const Frame whole = test::udp_frame({source_, 4000}, {destination_, 80}, bytes(payload));
  for (const Frame& piece : test::fragments_of(whole, 40)) plane_.guest.sends(piece);
  is_prohibited();
}

// 0:0:0:0:0:ffff:127.0.0.1 in an IPv6 header: no packet at all.
TEST(DataPlaneFrames, V4MappedAddressesAreMalformed) {
  RunningDataPlane plane;
  Frame frame = test::syn_frame({kGuestV6, 4000}, {ip("fd00::1"), 80});
  const auto mapped = wire::kLoopbackV4.octets();
  constexpr size_t kDestinationOffset = sizeof(wire::EthernetHeader) + 24;
  std::ranges::copy(std::as_bytes(std::span(mapped)), frame.begin() + kDestinationOffset);
  plane.guest.sends(frame);
  plane.has_sent_nothing_else();
  EXPECT_EQ(plane.count(Counter::kDroppedBadIp), 1U);
}

TEST(DataPlaneFrames, FragmentsArePutTogether) {
  RunningDataPlane plane;
  const std::string payload(3000, 'x');
  const Frame whole = test::ping_frame(kGuestV4, kGatewayV4, bytes(payload));
  for (const Frame& piece : test::fragments_of(whole, 1480)) plane.guest.sends(piece);
  const Arrival reply = plane.guest.receives_traffic();
  EXPECT_EQ(reply.icmp().payload().size(), payload.size());
}

TEST(DataPlaneFrames, MalformedOnesAreCountedByReason) {
  RunningDataPlane plane;
  plane.guest.sends(Frame(10));
  plane.guest.sends(test::ethernet(wire::kEtherTypeIpv4, Frame(30)));
  plane.guest.sends(test::ip_frame(kGuestV4, ip("192.0.2.1"), wire::kProtocolTcp, Frame(12)));
  plane.guest.sends(test::ethernet(0x88f8, Frame(40)));
  plane.guest.sends(Frame(60), {.flags = wire::kVirtioNeedsChecksum, .checksum_start = 9000});
  plane.guest.sends(test::ethernet(wire::kEtherTypeIpv4, Frame(30), {{2, 1, 1, 1, 1, 1}}));
  Frame foreign = test::ping_frame(kGuestV4, kGatewayV4);
  foreign[1] = std::byte{0};
  plane.guest.sends(foreign);
  plane.has_sent_nothing_else();
  EXPECT_EQ(plane.count(Counter::kDroppedTooShort), 1U);
  EXPECT_EQ(plane.count(Counter::kDroppedBadIp), 2U);
  EXPECT_EQ(plane.count(Counter::kDroppedBadTransport), 1U);
  EXPECT_EQ(plane.count(Counter::kDroppedUnknownEtherType), 1U);
  EXPECT_EQ(plane.count(Counter::kDroppedBadVirtioHeader), 1U);
  EXPECT_EQ(plane.count(Counter::kDroppedForeignMac), 1U);
}

// libslirp asserts on the way to such an address.
TEST(DataPlaneFrames, SourcesThatCannotBeAnsweredAreDropped) {
  RunningDataPlane plane;
  for (const char* source : {"0.0.0.0", "16.0.0.0", "255.255.255.255", "127.0.0.1"}) {
    plane.guest.sends(test::ping_frame(ip(source), kGatewayV4));
  }
  for (const char* source : {"::", "::1", "ff02::1"}) {
    plane.guest.sends(test::ping_frame(ip(source), test::kGatewayV6));
  }
  plane.has_sent_nothing_else();
  EXPECT_EQ(plane.count(Counter::kDroppedBadIp), 7U);
}

}  // namespace
}  // namespace nsrun::dataplane
