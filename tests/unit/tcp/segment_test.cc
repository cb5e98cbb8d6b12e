// SPDX-License-Identifier: Apache-2.0
#include "tcp/segment.hh"

#include <gtest/gtest.h>

#include <array>

namespace nsrun::tcp {
namespace {

const std::array<std::byte, 10> kTenBytes{};

TEST(Segment, SynAndFinTakeANumberEach) {
  Segment segment;
  EXPECT_EQ(segment.sequence_length(), 0U);
  segment.flags.syn = true;
  EXPECT_EQ(segment.sequence_length(), 1U);
  segment.flags.fin = true;
  segment.payload = kTenBytes;
  EXPECT_EQ(segment.sequence_length(), 12U);
}

// RFC 9293 section 3.10.7.1.
TEST(Segment, AStrayWithAckIsResetWhereItAcknowledged) {
  Segment stray;
  stray.sequence = Sequence(5);
  stray.acknowledgment = Sequence(77);
  stray.flags.ack = true;
  const auto reset = reset_for(stray);
  ASSERT_TRUE(reset.has_value());
  EXPECT_EQ(reset->sequence, Sequence(77));
  EXPECT_EQ(reset->flags, (Flags{.rst = true}));
}

TEST(Segment, AStrayWithoutAckIsResetBehindItself) {
  Segment stray;
  stray.sequence = Sequence(0xffffffff);
  stray.flags.syn = true;
  stray.payload = kTenBytes;
  const auto reset = reset_for(stray);
  ASSERT_TRUE(reset.has_value());
  EXPECT_EQ(reset->sequence, Sequence(0));
  EXPECT_EQ(reset->acknowledgment, Sequence(10));
  EXPECT_EQ(reset->flags, (Flags{.rst = true, .ack = true}));
}

TEST(Segment, AResetIsNeverAnswered) {
  Segment stray;
  stray.flags.rst = true;
  EXPECT_FALSE(reset_for(stray).has_value());
  stray.flags.ack = true;
  EXPECT_FALSE(reset_for(stray).has_value());
}

}  // namespace
}  // namespace nsrun::tcp
