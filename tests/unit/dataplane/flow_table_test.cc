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

}  // namespace
}  // namespace nsrun::dataplane
