// SPDX-License-Identifier: Apache-2.0
#include "launcher/id_map.hh"

#include <gtest/gtest.h>

namespace nsrun::launcher {
namespace {

using os::IdMap;
using os::MappedIds;

TEST(IdMap, ThreeNumbersWithColonsAreAnEntry) {
  const auto ids = parse_mapped_ids("0:100000:65536");
  ASSERT_TRUE(ids.ok()) << ids.error();
  EXPECT_EQ(*ids, (MappedIds{0, 100000, 65536}));
  EXPECT_EQ(*parse_mapped_ids("4294967294:0:1"), (MappedIds{4294967294, 0, 1}));
}

TEST(IdMap, AnythingElseIsNone) {
  for (const char* text :
       {"", ":", "::", "0", "0:1", "0:1:", ":1:1", "0::1", "0:1:0", "0:1:1:1", "a:1:1", "-1:1:1",
        " 0:1:1", "0:1:4294967296", "4294967295:0:1", "0:4294967295:1", "1:0:4294967295"}) {
    EXPECT_FALSE(parse_mapped_ids(text).ok()) << text;
  }
}

TEST(IdMap, EntriesOverlapOnEitherSide) {
  const MappedIds ids{10, 100, 5};
  EXPECT_TRUE(overlap(ids, {14, 300, 1}));
  EXPECT_TRUE(overlap(ids, {50, 95, 6}));
  EXPECT_TRUE(overlap(ids, ids));
  EXPECT_FALSE(overlap(ids, {15, 105, 5}));
  EXPECT_FALSE(overlap(ids, {5, 95, 5}));
  EXPECT_TRUE(overlap({0, 0, 4294967295}, {4294967294, 7, 1}));
}

TEST(IdMap, AutomaticIsTheUserAndThenItsRanges) {
  EXPECT_EQ(automatic_id_map(1000, {{100000, 65536}, {300000, 10}}),
            (IdMap{{0, 1000, 1}, {1, 100000, 65536}, {65537, 300000, 10}}));
  EXPECT_EQ(automatic_id_map(1000, {}), (IdMap{{0, 1000, 1}}));
}

TEST(IdMap, AutomaticLeavesOutWhatTheKernelWouldRefuse) {
  // By name and by number; the user's own id; beyond the last one.
  EXPECT_EQ(automatic_id_map(1000, {{100, 50}, {100, 50}, {990, 20}, {4294967290, 10}, {200, 1}}),
            (IdMap{{0, 1000, 1}, {1, 100, 50}, {51, 200, 1}}));
}

TEST(IdMap, TheCommandIsItsCallerElseRoot) {
  EXPECT_EQ(id_of_command({{0, 1000, 1}, {1, 100000, 10}}, 1000), 0U);
  EXPECT_EQ(id_of_command({{0, 100000, 10}, {50, 990, 20}}, 1000), 60U);
  EXPECT_EQ(id_of_command({{0, 100000, 10}}, 1000), 0U);
  EXPECT_EQ(id_of_command({{1, 100000, 10}}, 1000), std::nullopt);
}

}  // namespace
}  // namespace nsrun::launcher
