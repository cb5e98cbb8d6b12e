// SPDX-License-Identifier: Apache-2.0
#include "launcher/helper_restarts.hh"

#include <gtest/gtest.h>

namespace nsrun::launcher {
namespace {

using namespace std::chrono_literals;

constexpr base::Time kStart{std::chrono::hours(1)};

TEST(HelperRestarts, AHelperThatServedIsFollowedAtOnceForEver) {
  HelperRestarts restarts;
  for (int round = 0; round < 1000; ++round) {
    EXPECT_EQ(restarts.after_death(kStart + 251ms, kStart), base::Duration::zero());
  }
}

TEST(HelperRestarts, QuickDeathsArePausedForAndEndInTheLimit) {
  HelperRestarts restarts;
  for (const base::Duration pause : {0ms, 100ms, 200ms, 400ms, 800ms}) {
    EXPECT_EQ(restarts.after_death(kStart, std::nullopt), pause);
  }
  EXPECT_EQ(restarts.after_death(kStart, std::nullopt), std::nullopt);
}

TEST(HelperRestarts, DeathsWithin250MillisecondsOfReadyCount) {
  HelperRestarts restarts;
  for (unsigned death = 1; death < HelperRestarts::kMaxQuickDeaths; ++death) {
    EXPECT_TRUE(restarts.after_death(kStart + 250ms, kStart));
  }
  EXPECT_FALSE(restarts.after_death(kStart + 250ms, kStart));
}

TEST(HelperRestarts, AHelperThatServedEndsTheRow) {
  HelperRestarts restarts;
  for (int round = 0; round < 3; ++round) {
    for (unsigned death = 1; death < HelperRestarts::kMaxQuickDeaths; ++death) {
      EXPECT_TRUE(restarts.after_death(kStart, std::nullopt));
    }
    EXPECT_EQ(restarts.after_death(kStart + 1s, kStart), base::Duration::zero());
  }
}

}  // namespace
}  // namespace nsrun::launcher
