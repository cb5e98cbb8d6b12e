// SPDX-License-Identifier: Apache-2.0
#include "base/log.hh"

#include <gtest/gtest.h>

#include <set>

#include "base/counters.hh"

namespace nsrun::base {
namespace {

std::string logged(log::Level lowest) {
  log::open("netns-slirp", lowest);
  testing::internal::CaptureStderr();
  log::debug("detail {}", 1);
  log::info("{} is up", "tap0");
  log::warning("careful");
  log::error("cannot open {}: {}", "x", "no");
  return testing::internal::GetCapturedStderr();
}

TEST(Log, LinesNameTheProgramAndTheLevel) {
  EXPECT_EQ(logged(log::Level::kDebug),
            "netns-slirp: debug: detail 1\nnetns-slirp: tap0 is up\n"
            "netns-slirp: warning: careful\nnetns-slirp: cannot open x: no\n");
}

TEST(Log, LowerLevelsAreLeftOut) {
  EXPECT_EQ(logged(log::Level::kWarning),
            "netns-slirp: warning: careful\nnetns-slirp: cannot open x: no\n");
  EXPECT_FALSE(log::is_shown(log::Level::kInfo));
  EXPECT_TRUE(log::is_shown(log::Level::kError));
}

TEST(RateLimit, LetsOneThroughAndCountsTheRest) {
  log::RateLimit limit(1s);
  uint64_t suppressed = 99;
  const Time start(10s);
  EXPECT_TRUE(limit.allows(start, suppressed));
  EXPECT_EQ(suppressed, 0U);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.allows(start + 999ms, suppressed));
  EXPECT_TRUE(limit.allows(start + 1s, suppressed));
  EXPECT_EQ(suppressed, 5U);
}

TEST(Counters, HaveDistinctNamesAndAdd) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kCounterCount; ++i) {
    const auto name = counter_name(static_cast<Counter>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  Counters counters;
  counters.add(Counter::kDnsQueries);
  counters.add(Counter::kDnsQueries, 4);
  EXPECT_EQ(counters.get(Counter::kDnsQueries), 5U);
  EXPECT_EQ(counters.get(Counter::kDnsFailures), 0U);
  EXPECT_EQ(counter_name(Counter::kDroppedFragmentOverlap), "dropped_fragment_overlap");
}

TEST(Time, GoesForward) {
  const Time before = now();
  EXPECT_LE(before, now());
  EXPECT_LT(before, kNever);
}

}  // namespace
}  // namespace nsrun::base
