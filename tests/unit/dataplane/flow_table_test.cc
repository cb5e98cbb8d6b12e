// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow_table.hh"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace nsrun::dataplane {
namespace {

struct Flow {
  wire::FlowKey name;
  const wire::FlowKey& key() const { return name; }
};

wire::FlowKey key_number(uint32_t number) {
  return {wire::Transport::kTcp,
          {wire::IpAddress::v4(0x0a000264), static_cast<uint16_t>(number)},
          {wire::IpAddress::v4(0xc6336400 + (number >> 16)), 80}};
}

constexpr wire::SipHashKey kKey{1, 2};

TEST(FlowTable, FindsWhatIsInIt) {
  FlowTable<Flow> table(kKey);
  Flow flow{key_number(1)};
  EXPECT_EQ(table.find(flow.name), nullptr);
  table.insert(&flow);
  EXPECT_EQ(table.find(flow.name), &flow);
  EXPECT_EQ(table.find(key_number(2)), nullptr);
  table.erase(&flow);
  EXPECT_EQ(table.find(flow.name), nullptr);
  EXPECT_EQ(table.size(), 0U);
}

TEST(FlowTable, EveryPartOfTheNameCounts) {
  FlowTable<Flow> table(kKey);
  Flow flow{key_number(1)};
  table.insert(&flow);
  wire::FlowKey other = flow.name;
  other.transport = wire::Transport::kUdp;
  EXPECT_EQ(table.find(other), nullptr);
  other = flow.name;
  other.remote.port = 81;
  EXPECT_EQ(table.find(other), nullptr);
  std::swap(other.guest, other.remote);
  EXPECT_EQ(table.find(other), nullptr);
}

// As a flow in TIME-WAIT whose name another has taken.
TEST(FlowTable, OnlyThatFlowIsTakenOut) {
  FlowTable<Flow> table(kKey);
  Flow flow{key_number(1)};
  const Flow same_name{key_number(1)};
  const Flow stranger{key_number(2)};
  table.insert(&flow);
  table.erase(&same_name);
  table.erase(&stranger);
  EXPECT_EQ(table.find(flow.name), &flow);
  EXPECT_EQ(table.size(), 1U);
}

TEST(FlowTable, HoldsAHundredThousand) {
  constexpr uint32_t kFlows = 100'000;
  FlowTable<Flow> table(kKey);
  std::vector<Flow> flows(kFlows);
  for (uint32_t i = 0; i < kFlows; ++i) {
    flows[i].name = key_number(i);
    table.insert(&flows[i]);
  }
  EXPECT_EQ(table.size(), kFlows);
  for (uint32_t i = 0; i < kFlows; ++i) ASSERT_EQ(table.find(flows[i].name), &flows[i]);
  for (uint32_t i = 0; i < kFlows; i += 2) table.erase(&flows[i]);
  for (uint32_t i = 0; i < kFlows; ++i) {
    ASSERT_EQ(table.find(flows[i].name), i % 2 == 0 ? nullptr : &flows[i]);
  }
}

// Against std::unordered_map, with many deletions in full neighbourhoods.
TEST(FlowTable, AgreesWithAMap) {
  constexpr uint32_t kNames = 600;
  std::minstd_rand random(1);
  FlowTable<Flow> table(kKey);
  std::vector<Flow> flows(kNames);
  std::unordered_map<uint32_t, Flow*> model;
  for (uint32_t i = 0; i < kNames; ++i) flows[i].name = key_number(i * 7919);
  for (int step = 0; step < 200'000; ++step) {
    const uint32_t i = static_cast<uint32_t>(random()) % kNames;
    if (model.erase(i) != 0) {
      table.erase(&flows[i]);
    } else {
      model[i] = &flows[i];
      table.insert(&flows[i]);
    }
    const uint32_t probe = static_cast<uint32_t>(random()) % kNames;
    ASSERT_EQ(table.find(flows[probe].name), model.contains(probe) ? model[probe] : nullptr);
    ASSERT_EQ(table.size(), model.size());
  }
}

// Whatever comes and goes between the parts, and however the table grows.
TEST(FlowTable, PartByPartVisitsAllThatStay) {
  constexpr uint32_t kStaying = 2000;
  constexpr uint32_t kFleeting = 6000;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::minstd_rand random(static_cast<unsigned>(seed + 1));
    FlowTable<Flow> table({seed, 7});
    std::vector<Flow> flows(kStaying + kFleeting);
    for (uint32_t i = 0; i < flows.size(); ++i) flows[i].name = key_number(i * 7919);
    for (uint32_t i = 0; i < kStaying; ++i) table.insert(&flows[i]);
    std::vector<bool> is_in(flows.size());
    std::vector<bool> is_seen(flows.size());
    int parts = 0;
    for (std::optional<size_t> next = 0; next; ++parts) {
      ASSERT_LT(parts, 2000);
      size_t seen = 0;
      next = table.visit_some(*next, 16, [&](const Flow& flow) {
        is_seen[static_cast<size_t>(&flow - flows.data())] = true;
        ++seen;
      });
      ASSERT_LT(seen, 300U);
      for (int change = 0; change < 40; ++change) {
        const size_t i = kStaying + static_cast<size_t>(random()) % kFleeting;
        is_in[i] ? table.erase(&flows[i]) : table.insert(&flows[i]);
        is_in[i] = !is_in[i];
      }
    }
    ASSERT_GT(parts, 100);
    for (uint32_t i = 0; i < kStaying; ++i) ASSERT_TRUE(is_seen[i]) << seed << ' ' << i;
  }
}

TEST(FlowTable, PartByPartVisitsEachOnceWhenNothingChanges) {
  constexpr uint32_t kFlows = 96;  // of 128 slots: many are pushed over the end
  for (uint64_t seed = 0; seed < 200; ++seed) {
    FlowTable<Flow> table({seed, 7});
    std::vector<Flow> flows(kFlows);
    for (uint32_t i = 0; i < kFlows; ++i) {
      flows[i].name = key_number(i);
      table.insert(&flows[i]);
    }
    std::vector<int> visits(kFlows);
    for (std::optional<size_t> next = 0; next;) {
      next = table.visit_some(*next, 16, [&](const Flow& flow) {
        ++visits[static_cast<size_t>(&flow - flows.data())];
      });
    }
    EXPECT_EQ(visits, std::vector<int>(kFlows, 1)) << seed;
  }
}

TEST(FlowTable, APositionBeyondTheEndEndsTheVisit) {
  FlowTable<Flow> table(kKey);
  EXPECT_EQ(table.visit_some(1 << 28, 16, [](const Flow&) {}), std::nullopt);
}

}  // namespace
}  // namespace nsrun::dataplane
