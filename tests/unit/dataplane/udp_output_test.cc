// SPDX-License-Identifier: Apache-2.0
#include "dataplane/udp_output.hh"

#include <string>

#include "support/relay_bench.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using test::FrameNotebook;
using test::ip;

constexpr LinkPair kLink{test::kGuestMac, test::kGatewayMac};

class UdpOutput : public testing::TestWithParam<bool> {
 protected:
  static std::string payload_of(const test::NotedFrame& frame) {
    const wire::Packet packet = frame.packet();
    const base::Bytes payload = wire::UdpView::parse(packet.transport)->payload();
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
  }

  const bool is_v4_ = GetParam();
  const wire::FlowKey flow_{wire::Transport::kUdp,
                            {ip(is_v4_ ? "10.0.2.100" : "fd00::100"), 40000},
                            {ip(is_v4_ ? "198.51.100.1" : "2001:db8::1"), 443}};
  FrameNotebook with_offloads_{true};
  FrameNotebook without_offloads_{false};
};

INSTANTIATE_TEST_SUITE_P(UdpOutput, UdpOutput, testing::Bool(),
                         [](const auto& test) { return test.param ? "IPv4" : "IPv6"; });

TEST_P(UdpOutput, ADatagramOfAnySizeIsOneFrame) {
  for (FrameNotebook* sink : {&with_offloads_, &without_offloads_}) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{1472}, size_t{65507}}) {
      const std::string text(size, 'x');
      EXPECT_TRUE(send_datagrams(*sink, kLink, flow_, test::bytes(text), 0));
      ASSERT_EQ(sink->frames.size(), 1U);
      EXPECT_EQ(payload_of(sink->frames.front()), text);
      EXPECT_EQ(sink->frames.front().virtio.gso_type, wire::kVirtioGsoNone);
      EXPECT_EQ(sink->frames.front().packet().source_endpoint(), flow_.remote);
      EXPECT_EQ(sink->frames.front().packet().destination_endpoint(), flow_.guest);
      sink->frames.clear();
    }
  }
}

// A client of the other family may send what fits only there.
TEST_P(UdpOutput, WhatFitsNoPacketIsNotSent) {
  const std::string text(is_v4_ ? 65508 : 65528, 'x');
  EXPECT_FALSE(send_datagrams(with_offloads_, kLink, flow_, test::bytes(text), 0));
  EXPECT_TRUE(with_offloads_.frames.empty());
  EXPECT_TRUE(send_datagrams(with_offloads_, kLink, flow_, test::bytes(text), 1400));
  EXPECT_GT(with_offloads_.frames.size(), 1U);
}

TEST_P(UdpOutput, ARunIsOneFrameWhereTheKernelTakesIt) {
  const std::string text(3500, 'x');
  EXPECT_TRUE(send_datagrams(with_offloads_, kLink, flow_, test::bytes(text), 1000));
  ASSERT_EQ(with_offloads_.frames.size(), 1U);
  EXPECT_EQ(with_offloads_.frames.front().virtio.gso_type, wire::kVirtioGsoUdpL4);
  EXPECT_EQ(with_offloads_.frames.front().virtio.gso_size, 1000);
}

TEST_P(UdpOutput, ARunIsTakenApartElsewhere) {
  const std::string text = std::string(1000, 'a') + std::string(1000, 'b') + "c";
  EXPECT_TRUE(send_datagrams(without_offloads_, kLink, flow_, test::bytes(text), 1000));
  ASSERT_EQ(without_offloads_.frames.size(), 3U);
  EXPECT_EQ(payload_of(without_offloads_.frames[0]), std::string(1000, 'a'));
  EXPECT_EQ(payload_of(without_offloads_.frames[1]), std::string(1000, 'b'));
  EXPECT_EQ(payload_of(without_offloads_.frames[2]), "c");
}

// RFC 768: an all zero checksum is transmitted as all ones.
TEST_P(UdpOutput, AChecksumOfZeroIsSentAsOnes) {
  for (uint32_t word = 0; word < 65536; ++word) {
    const base::Be16 payload(static_cast<uint16_t>(word));
    send_datagrams(without_offloads_, kLink, flow_, base::bytes_of(payload), 0);
    const wire::Packet packet = without_offloads_.frames.front().packet();
    ASSERT_NE(wire::UdpView::parse(packet.transport)->checksum(), 0);
    without_offloads_.frames.clear();
  }
}

TEST_P(UdpOutput, TellsWhenTheTapIsFull) {
  without_offloads_.is_full = true;
  EXPECT_FALSE(send_datagrams(without_offloads_, kLink, flow_, test::bytes("x"), 0));
}

}  // namespace
}  // namespace nsrun::dataplane
