// SPDX-License-Identifier: Apache-2.0
#include "tcp/retransmission_timeout.hh"

#include <gtest/gtest.h>

namespace nsrun::tcp {
namespace {

using namespace std::chrono_literals;

TEST(RetransmissionTimeout, IsOneSecondBeforeTheFirstMeasurement) {
  const RetransmissionTimeout timeout;
  EXPECT_EQ(timeout.current(), 1s);
  EXPECT_EQ(timeout.smoothed_round_trip(), 0s);
}

// RFC 6298 section 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR.
TEST(RetransmissionTimeout, IsThreeTimesTheFirstMeasurement) {
  RetransmissionTimeout timeout;
  timeout.measured(100ms);
  EXPECT_EQ(timeout.smoothed_round_trip(), 100ms);
  EXPECT_EQ(timeout.current(), 300ms);
}

// Section 2.3: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'|, with the old SRTT; SRTT = 7/8 SRTT + 1/8 R'.
TEST(RetransmissionTimeout, FollowsFurtherMeasurements) {
  RetransmissionTimeout timeout;
  timeout.measured(800ms);
  timeout.measured(1600ms);  // RTTVAR = (3 * 400 + 800) / 4 = 500
  EXPECT_EQ(timeout.smoothed_round_trip(), 900ms);
  EXPECT_EQ(timeout.current(), 2900ms);
  timeout.measured(100ms);  // RTTVAR = (3 * 500 + 800) / 4 = 575
  EXPECT_EQ(timeout.smoothed_round_trip(), 800ms);
  EXPECT_EQ(timeout.current(), 3100ms);
}

TEST(RetransmissionTimeout, HasAFloorAndACeiling) {
  RetransmissionTimeout quick;
  quick.measured(50us);
  EXPECT_EQ(quick.current(), 200ms);
  RetransmissionTimeout slow;
  slow.measured(90s);
  EXPECT_EQ(slow.current(), 60s);
}

TEST(RetransmissionTimeout, DoublesUpToTheCeiling) {
  RetransmissionTimeout timeout;
  for (const auto expected : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    timeout.back_off();
    EXPECT_EQ(timeout.current(), expected);
  }
}

TEST(RetransmissionTimeout, ForgetsTheBackOff) {
  RetransmissionTimeout timeout;
  timeout.back_off();
  timeout.reset_back_off();
  EXPECT_EQ(timeout.current(), 1s);
  timeout.measured(100ms);
  timeout.back_off();
  timeout.back_off();
  EXPECT_EQ(timeout.current(), 1200ms);
  timeout.reset_back_off();
  EXPECT_EQ(timeout.current(), 300ms);
  timeout.back_off();
  timeout.measured(100ms);
  EXPECT_EQ(timeout.current(), 250ms);  // RTTVAR = 3/4 of 50 ms
}

// The clock is read once per batch of frames: an answer may come at the same instant.
TEST(RetransmissionTimeout, ARoundTripOfNothingIsAMeasurement) {
  RetransmissionTimeout timeout;
  for (int answers = 0; answers < 1000; ++answers) {
    timeout.measured(0ns);
    EXPECT_EQ(timeout.current(), 200ms);
    EXPECT_GT(timeout.smoothed_round_trip(), 0ns);
  }
}

}  // namespace
}  // namespace nsrun::tcp
