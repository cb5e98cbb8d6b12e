// SPDX-License-Identifier: Apache-2.0
//
// Whatever the link does, every byte arrives once, in order, and both ends close. A failure names
// the seed; run() with it again is the same run.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "virtual_link.hh"

namespace nsrun::tcp {
namespace {

constexpr uint32_t kSeeds = 40;

Settings small_windows() {
  return {.mss = 1460, .send_limit_bytes = 20'000, .receive_limit_bytes = 5000};
}

constexpr uint32_t kFewBytes = 1 << 18;

const LinkProfile kProfiles[] = {
    {.name = "Perfect", .most_bytes = 1 << 22},
    {.name = "PerfectWithoutOffload", .has_offload = false, .most_bytes = 1 << 21},
    {.name = "LosesLittle", .loss = 0.01},
    {.name = "LosesMuch", .loss = 0.15, .most_bytes = kFewBytes},
    {.name = "Repeats", .repeat = 0.3},
    {.name = "Reorders", .overtake = 0.05, .detour = 300us},
    {.name = "ReordersWithoutOffload", .overtake = 0.02, .has_offload = false},
    {.name = "LosesWithoutOffload", .loss = 0.01, .has_offload = false},
    {.name = "IsFar", .loss = 0.002, .delay = 50ms, .overtake = 0.01, .detour = 1ms},
    {.name = "SlowHost", .is_slow_host = true},
    {.name = "SlowHostAndLosses", .loss = 0.03, .repeat = 0.03, .is_slow_host = true},
    {.name = "SmallWindows", .loss = 0.01, .most_bytes = kFewBytes, .settings = small_windows()},
    {.name = "SimultaneousOpen", .loss = 0.05, .is_simultaneous = true, .most_bytes = kFewBytes},
    {.name = "Everything",
     .loss = 0.02,
     .repeat = 0.1,
     .delay = 1ms,
     .overtake = 0.02,
     .has_offload = false,
     .is_slow_host = true,
     .most_bytes = kFewBytes},
};

class Netsim : public testing::TestWithParam<LinkProfile> {};

TEST_P(Netsim, EveryByteArrives) {
  const LinkProfile& profile = GetParam();
  RunReport sum;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    const RunReport report = VirtualLink(profile, seed).run();
    ASSERT_EQ(report.trouble, "") << "seed " << seed;
    sum.stream_bytes += report.stream_bytes;
    sum.wire_bytes += report.wire_bytes;
    sum.took += report.took;
  }
  const double overhead =
      static_cast<double>(sum.wire_bytes) / static_cast<double>(sum.stream_bytes);
  RecordProperty("overhead_percent", static_cast<int>(100 * overhead - 100));
  std::printf("%u runs, %.1f MB, sent %.2f times, %.1f s of virtual time\n", kSeeds,
              static_cast<double>(sum.stream_bytes) / 1e6, overhead,
              std::chrono::duration<double>(sum.took).count());
  // A retransmission that brings forth others would show here.
  EXPECT_LT(overhead, 5);
}

INSTANTIATE_TEST_SUITE_P(Link, Netsim, testing::ValuesIn(kProfiles),
                         [](const auto& profile) { return std::string(profile.param.name); });

}  // namespace
}  // namespace nsrun::tcp
