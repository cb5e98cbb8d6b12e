// SPDX-License-Identifier: Apache-2.0
#include "dataplane/frame_io.hh"

#include <gtest/gtest.h>

#include "support/fake_guest.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using test::bytes;
using test::FakeGuest;
using test::Frame;

class Recorder final : public FrameReceiver {
 public:
  void receive(const GuestFrame& frame, base::Time) noexcept override {
    frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
    virtio = frame.virtio;
  }
  std::vector<Frame> frames;
  wire::VirtioNetHeader virtio;
};

class FrameIoTest : public testing::TestWithParam<bool> {
 protected:
  void wakes_up() { loop_.run_once(base::now() + std::chrono::seconds(5)); }

  base::Counters counters_;
  loop::Loop loop_;
  Recorder recorder_;
  FakeGuest guest_{{.has_virtio_net_header = GetParam(), .has_tso = GetParam()}};
  FrameIo io_{loop_, guest_.take_tap(), recorder_, counters_};
};

INSTANTIATE_TEST_SUITE_P(FrameIo, FrameIoTest, testing::Bool(), [](const auto& test) {
  return test.param ? "WithVirtioNetHeader" : "WithoutHeader";
});

TEST_P(FrameIoTest, DeliversFramesWithoutTheirHeader) {
  const Frame frame(60, std::byte{7});
  guest_.sends(frame, {.gso_type = wire::kVirtioGsoTcpV4, .gso_size = 1440});
  wakes_up();
  ASSERT_EQ(recorder_.frames.size(), 1U);
  EXPECT_EQ(recorder_.frames[0], frame);
  EXPECT_EQ(recorder_.virtio.gso_size, GetParam() ? 1440 : 0);
  EXPECT_EQ(counters_.get(Counter::kFramesFromGuest), 1U);
  EXPECT_EQ(counters_.get(Counter::kBytesFromGuest), 60U);
}

TEST_P(FrameIoTest, TakesABoundedBatchPerWakeUp) {
  for (size_t i = 0; i < FrameIo::kFramesPerWakeUp + 1; ++i) guest_.sends(Frame(60));
  wakes_up();
  EXPECT_EQ(recorder_.frames.size(), FrameIo::kFramesPerWakeUp);
  wakes_up();
  EXPECT_EQ(recorder_.frames.size(), FrameIo::kFramesPerWakeUp + 1);
}

TEST_P(FrameIoTest, SendsAFrameInPieces) {
  const wire::VirtioNetHeader offload{.flags = wire::kVirtioNeedsChecksum, .checksum_start = 34};
  EXPECT_TRUE(io_.send(offload, bytes("headers"), bytes("payload")));
  const test::Arrival arrival = guest_.receives();
  EXPECT_TRUE(std::ranges::equal(arrival.bytes, bytes("headerspayload")));
  EXPECT_EQ(arrival.virtio, GetParam() ? offload : wire::VirtioNetHeader{});
  EXPECT_EQ(counters_.get(Counter::kFramesToGuest), 1U);
  EXPECT_EQ(counters_.get(Counter::kBytesToGuest), 14U);
}

TEST_P(FrameIoTest, CountsWhatTheTapDoesNotTake) {
  const Frame frame(60'000);
  uint64_t sent = 0;
  while (io_.send({}, frame, {})) ++sent;
  io_.send_or_drop(frame);
  EXPECT_EQ(counters_.get(Counter::kDroppedTapFull), 2U);
  EXPECT_EQ(counters_.get(Counter::kFramesToGuest), sent);
}

TEST_P(FrameIoTest, StopsTheLoopWhenTheTapIsGone) {
  guest_.hangs_up();
  loop_.run();
  EXPECT_FALSE(io_.is_watching());
}

TEST(FrameIoHeader, BadOnesAreCounted) {
  base::Counters counters;
  loop::Loop loop;
  Recorder recorder;
  FakeGuest guest({.has_virtio_net_header = true, .has_tso = true});
  const FrameIo io(loop, guest.take_tap(), recorder, counters);
  guest.sends(Frame(60), {.gso_type = 77});
  guest.sends(Frame(60), {.gso_type = wire::kVirtioGsoTcpV4, .gso_size = 0});
  loop.run_once(base::now() + std::chrono::seconds(5));
  EXPECT_EQ(recorder.frames.size(), 0U);
  EXPECT_EQ(counters.get(Counter::kDroppedBadVirtioHeader), 2U);
}

}  // namespace
}  // namespace nsrun::dataplane
