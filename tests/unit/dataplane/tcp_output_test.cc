// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_output.hh"

#include <algorithm>
#include <array>
#include <string>

#include "support/relay_bench.hh"

namespace nsrun::dataplane {
namespace {

using test::FrameNotebook;
using test::ip;

constexpr LinkPair kLink{test::kGuestMac, test::kGatewayMac};
constexpr uint16_t kMss = 1000;

class TcpOutput : public testing::TestWithParam<bool> {
 protected:
  tcp::Segment segment_of(base::Bytes payload) const {
    tcp::Segment segment;
    segment.sequence = wire::Sequence(0xffff'ff00);
    segment.acknowledgment = wire::Sequence(7);
    segment.flags = {.psh = !payload.empty(), .ack = true};
    segment.window = 512;
    segment.payload = payload;
    return segment;
  }

  const bool is_v4_ = GetParam();
  const wire::FlowKey flow_{wire::Transport::kTcp,
                            {ip(is_v4_ ? "10.0.2.100" : "fd00::100"), 40000},
                            {ip(is_v4_ ? "198.51.100.1" : "2001:db8::1"), 443}};
  FrameNotebook with_offloads_{true};
  FrameNotebook without_offloads_{false};
};

INSTANTIATE_TEST_SUITE_P(TcpOutput, TcpOutput, testing::Bool(),
                         [](const auto& test) { return test.param ? "IPv4" : "IPv6"; });

TEST_P(TcpOutput, TheHeadersSayWhatTheSegmentSays) {
  tcp::Segment syn = segment_of({});
  syn.flags = {.syn = true};
  syn.syn_options = {1460, 8, true};
  for (FrameNotebook* sink : {&with_offloads_, &without_offloads_}) {
    send_segment(*sink, kLink, flow_, syn, kMss);
    ASSERT_EQ(sink->frames.size(), 1U);
    const wire::Packet packet = sink->frames.front().packet();
    EXPECT_EQ(packet.ethernet.destination, test::kGuestMac);
    EXPECT_EQ(packet.ethernet.source, test::kGatewayMac);
    EXPECT_EQ(packet.source_endpoint(), flow_.remote);
    EXPECT_EQ(packet.destination_endpoint(), flow_.guest);
    const auto segment = wire::TcpView::parse(packet.transport);
    EXPECT_EQ(segment->flags(), wire::kTcpSyn);
    EXPECT_EQ(segment->sequence(), syn.sequence);
    EXPECT_EQ(segment->window(), 512);
    EXPECT_EQ(segment->options().maximum_segment_size, 1460);
    EXPECT_EQ(segment->options().window_scale, 8);
    EXPECT_TRUE(segment->options().sack_permitted);
  }
}

TEST_P(TcpOutput, WhatIsEarlyIsInTheHeader) {
  tcp::Segment ack = segment_of({});
  const std::array<tcp::SackBlock, 1> blocks{{{wire::Sequence(5), wire::Sequence(7)}}};
  ack.sack = blocks;
  for (FrameNotebook* sink : {&with_offloads_, &without_offloads_}) {
    send_segment(*sink, kLink, flow_, ack, kMss);
    const auto segment = wire::TcpView::parse(sink->frames.front().packet().transport);
    constexpr std::array<uint8_t, 12> kOption{1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 7};
    EXPECT_TRUE(std::ranges::equal(segment->option_bytes(), base::bytes_of(kOption)));
  }
}

TEST_P(TcpOutput, ALargeSegmentIsOneFrameWithOffloads) {
  const std::string text(kMaxSegmentPayload, 'x');
  send_segment(with_offloads_, kLink, flow_, segment_of(test::bytes(text)), kMss);
  ASSERT_EQ(with_offloads_.frames.size(), 1U);
  const test::NotedFrame& frame = with_offloads_.frames.front();
  EXPECT_EQ(frame.virtio.gso_type, is_v4_ ? wire::kVirtioGsoTcpV4 : wire::kVirtioGsoTcpV6);
  EXPECT_EQ(frame.virtio.gso_size, kMss);
  EXPECT_EQ(frame.virtio.header_length + text.size(), frame.bytes.size());
  EXPECT_EQ(wire::TcpView::parse(frame.packet().transport)->payload().size(), text.size());
}

TEST_P(TcpOutput, AnExactSegmentIsNoGsoFrame) {
  const std::string text(kMss, 'x');
  send_segment(with_offloads_, kLink, flow_, segment_of(test::bytes(text)), kMss);
  EXPECT_EQ(with_offloads_.frames.front().virtio.gso_type, wire::kVirtioGsoNone);
}

TEST_P(TcpOutput, ALargeSegmentIsCutWithoutOffloads) {
  std::string text(2 * kMss + 1, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  send_segment(without_offloads_, kLink, flow_, segment_of(test::bytes(text)), kMss);
  ASSERT_EQ(without_offloads_.frames.size(), 3U);
  std::string got;
  for (size_t i = 0; i < 3; ++i) {
    const wire::Packet packet = without_offloads_.frames[i].packet();
    const auto segment = wire::TcpView::parse(packet.transport);
    EXPECT_EQ(segment->sequence(), wire::Sequence(0xffff'ff00) + static_cast<uint32_t>(got.size()));
    EXPECT_EQ(segment->has(wire::kTcpPsh), i == 2);
    EXPECT_LE(segment->payload().size(), kMss);
    got.append(reinterpret_cast<const char*>(segment->payload().data()), segment->payload().size());
  }
  EXPECT_TRUE(got == text);
}

TEST_P(TcpOutput, WhatTheTapRefusesIsLost) {
  without_offloads_.is_full = true;
  send_segment(without_offloads_, kLink, flow_, segment_of(test::bytes("lost")), kMss);
  EXPECT_TRUE(without_offloads_.frames.empty());
}

}  // namespace
}  // namespace nsrun::dataplane
