// SPDX-License-Identifier: Apache-2.0
#include "dataplane/buffer_pool.hh"

#include <gtest/gtest.h>

#include <cstring>

namespace nsrun::dataplane {
namespace {

constexpr size_t kSmall = BufferPool::kSmallBytes;
constexpr size_t kLarge = BufferPool::kLargeBytes;

TEST(BufferPool, HasTwoSizes) {
  BufferPool pool(1 << 20);
  tcp::Chunk* small = pool.take(kSmall, false);
  tcp::Chunk* large = pool.take(kSmall + 1, false);
  EXPECT_EQ(small->capacity, kSmall);
  EXPECT_EQ(large->capacity, kLarge);
  EXPECT_EQ(large->length, 0U);
  EXPECT_EQ(pool.bytes_in_use(), kSmall + kLarge);
  small->next = large;
  EXPECT_EQ(pool.give_back(small), kSmall + kLarge);
  EXPECT_EQ(pool.bytes_in_use(), 0U);
  EXPECT_EQ(pool.give_back(nullptr), 0U);
}

TEST(BufferPool, UsesMemoryAgain) {
  BufferPool pool(1 << 20);
  tcp::Chunk* chunk = pool.take(1, false);
  std::byte* const memory = chunk->data;
  chunk->length = 5;
  pool.give_back(chunk);
  chunk = pool.take(1, false);
  EXPECT_EQ(chunk->data, memory);
  EXPECT_EQ(chunk->length, 0U);
  pool.give_back(chunk);
}

TEST(BufferPool, TheCapHolds) {
  BufferPool pool(kLarge + kSmall);
  tcp::Chunk* first = pool.take(kLarge, false);
  EXPECT_TRUE(pool.is_under_pressure());
  EXPECT_EQ(pool.take(kLarge, false), nullptr);
  tcp::Chunk* second = pool.take(1, false);
  EXPECT_EQ(pool.take(1, false), nullptr);
  pool.give_back(first);
  EXPECT_FALSE(pool.is_under_pressure());
  pool.give_back(second);
}

// Ten thousand flows may each hold one: it must not be a large one.
TEST(BufferPool, WhatPassesTheCapIsSmall) {
  BufferPool pool(0);
  tcp::Chunk* chunk = pool.take(kLarge, true);
  ASSERT_NE(chunk, nullptr);
  EXPECT_EQ(chunk->capacity, kSmall);
  pool.give_back(chunk);
}

TEST(BufferPool, AShortReadMovesToASmallChunk) {
  BufferPool pool(1 << 20);
  tcp::Chunk* chunk = pool.take(kLarge, false);
  std::memcpy(chunk->data, "abc", 3);
  chunk->length = 3;
  chunk = pool.fit(chunk);
  EXPECT_EQ(chunk->capacity, kSmall);
  EXPECT_EQ(std::memcmp(chunk->data, "abc", 3), 0);
  EXPECT_EQ(chunk->length, 3U);
  EXPECT_EQ(pool.bytes_in_use(), kSmall);
  EXPECT_EQ(pool.fit(chunk), chunk);
  pool.give_back(chunk);
  chunk = pool.take(kLarge, false);
  chunk->length = kSmall + 1;
  EXPECT_EQ(pool.fit(chunk), chunk);
  pool.give_back(chunk);
}

}  // namespace
}  // namespace nsrun::dataplane
