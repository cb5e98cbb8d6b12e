// SPDX-License-Identifier: Apache-2.0
#include "wire/flow_key.hh"

#include <gtest/gtest.h>

#include <unordered_set>

namespace nsrun::wire {
namespace {

// The bytes 0, 1, 2, ... as little-endian words.
constexpr uint64_t counting_word(uint64_t index) noexcept {
  return 0x0706050403020100 + index * 0x0808080808080808;
}

template <typename Hash>
uint64_t hash_words(Hash hash, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) hash.add(counting_word(i));
  return hash.finish();
}

// vectors_sip64 of the reference implementation: key 00 01 .. 0f, inputs of 0 and 8 bytes.
TEST(SipHash, ReferenceVectorsOf24) {
  const SipHash<2, 4> hash({counting_word(0), counting_word(1)});
  EXPECT_EQ(hash_words(hash, 0), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(hash_words(hash, 1), 0x93f5f5799a932462U);
}

// What CPython 3.11 (siphash13) gives for hash(bytes(range(n))) with PYTHONHASHSEED=0.
TEST(SipHash, Agrees13WithAnotherImplementation) {
  const SipHash<1, 3> hash({0, 0});
  EXPECT_EQ(hash_words(hash, 1), 0xead411e67ebe2eeaU);
  EXPECT_EQ(hash_words(hash, 2), 0x8972188433a5c5b7U);
  EXPECT_EQ(hash_words(hash, 5), 0x95bc321ab41d8206U);
}

FlowKey sample() {
  return {Transport::kTcp,
          {*IpAddress::parse("10.0.2.100"), 40000},
          {*IpAddress::parse("192.0.2.80"), 80}};
}

TEST(FlowHash, EveryPartCounts) {
  const FlowHash hash({1, 2});
  std::unordered_set<size_t> seen{hash(sample())};
  FlowKey key = sample();
  key.transport = Transport::kUdp;
  EXPECT_TRUE(seen.insert(hash(key)).second);
  key = sample();
  key.guest.port++;
  EXPECT_TRUE(seen.insert(hash(key)).second);
  key = sample();
  key.remote.port++;
  EXPECT_TRUE(seen.insert(hash(key)).second);
  key = sample();
  std::swap(key.guest.address, key.remote.address);
  EXPECT_TRUE(seen.insert(hash(key)).second);
  EXPECT_TRUE(seen.insert(FlowHash({1, 3})(sample())).second);
  EXPECT_EQ(hash(sample()), FlowHash({1, 2})(sample()));
}

TEST(FlowHash, SpreadsNeighbours) {
  const FlowHash hash({1, 2});
  std::unordered_set<size_t> buckets;
  FlowKey key = sample();
  for (uint16_t port = 0; port < 4096; ++port) {
    key.guest.port = port;
    buckets.insert(hash(key) % 4096);
  }
  // 1 - 1/e of the buckets for a random function, 2589 of 4096.
  EXPECT_GT(buckets.size(), 2450U);
}

}  // namespace
}  // namespace nsrun::wire
