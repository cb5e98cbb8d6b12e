// SPDX-License-Identifier: Apache-2.0
#include "wire/sequence.hh"

#include <gtest/gtest.h>

namespace nsrun::wire {
namespace {

constexpr Sequence kTop{0xffffffff};

static_assert(kTop + 1 == Sequence(0));
static_assert(Sequence(0) - 1U == kTop);
static_assert(kTop < Sequence(0) && Sequence(0) > kTop);
static_assert(Sequence(5) <= Sequence(5) && Sequence(5) >= Sequence(5));

TEST(Sequence, DifferenceIsSignedAcrossTheWrap) {
  EXPECT_EQ(Sequence(10) - kTop, 11);
  EXPECT_EQ(kTop - Sequence(10), -11);
  EXPECT_EQ(Sequence(7) - Sequence(7), 0);
}

TEST(Sequence, OrderHoldsWithinHalfTheSpace) {
  const Sequence start(0xf0000000);
  for (const uint32_t ahead : {1U, 1000U, 0x10000000U, 0x7fffffffU}) {
    EXPECT_LT(start, start + ahead) << ahead;
    EXPECT_GE(start + ahead, start) << ahead;
  }
  EXPECT_LT(start + 0x80000001U, start);
}

TEST(Sequence, WindowIsHalfOpenAndMayWrap) {
  const Sequence first(0xfffffffe);
  EXPECT_FALSE((first - 1U).is_in_window(first, 4));
  EXPECT_TRUE(first.is_in_window(first, 4));
  EXPECT_TRUE(Sequence(1).is_in_window(first, 4));
  EXPECT_FALSE(Sequence(2).is_in_window(first, 4));
  EXPECT_FALSE(first.is_in_window(first, 0));
}

TEST(Sequence, LatestAndEarliest) {
  EXPECT_EQ(latest(kTop, Sequence(3)), Sequence(3));
  EXPECT_EQ(earliest(kTop, Sequence(3)), kTop);
}

TEST(Sequence, StepsInPlace) {
  Sequence number(0xfffffff0);
  number += 0x20;
  EXPECT_EQ(number, Sequence(0x10));
  number -= 0x11;
  EXPECT_EQ(number, kTop);
}

}  // namespace
}  // namespace nsrun::wire
