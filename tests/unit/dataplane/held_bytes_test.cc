// SPDX-License-Identifier: Apache-2.0
#include "dataplane/held_bytes.hh"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace nsrun::dataplane {
namespace {

base::Bytes bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text(base::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(HeldBytes, GivesBackWhatWasPutIn) {
  BufferPool pool(1 << 20);
  HeldBytes held(pool);
  EXPECT_TRUE(held.is_empty());
  EXPECT_TRUE(held.front().empty());
  EXPECT_EQ(held.append(bytes("hello ")), 6U);
  EXPECT_EQ(held.append(bytes("world")), 5U);
  EXPECT_EQ(held.append({}), 0U);
  EXPECT_EQ(text(held.front()), "hello world");
  held.consume(6);
  EXPECT_EQ(text(held.front()), "world");
  EXPECT_EQ(held.size(), 5U);
  held.consume(5);
  EXPECT_TRUE(held.is_empty());
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(HeldBytes, AnyMixtureOfSizesKeepsTheOrder) {
  BufferPool pool(8 << 20);
  HeldBytes held(pool);
  std::minstd_rand random(3);
  std::string expected;
  for (int step = 0; step < 5000; ++step) {
    if (random() % 2 == 0) {
      const std::string piece(random() % (step % 10 == 0 ? 150'000 : 300),
                              static_cast<char>('a' + step % 26));
      const size_t stored = held.append(bytes(piece));
      expected += piece.substr(0, stored);
    } else if (!held.is_empty()) {
      const base::Bytes front = held.front();
      const size_t count = random() % (front.size() + 1);
      ASSERT_EQ(text(front.first(count)), expected.substr(0, count));
      held.consume(count);
      expected.erase(0, count);
    }
    ASSERT_EQ(held.size(), expected.size());
  }
}

TEST(HeldBytes, StopsAtTheCapButAlwaysHoldsSomething) {
  BufferPool pool(BufferPool::kLargeBytes);
  HeldBytes first(pool);
  const std::string much(200'000, 'x');
  EXPECT_EQ(first.append(bytes(much)), BufferPool::kLargeBytes);
  HeldBytes second(pool);
  EXPECT_EQ(second.append(bytes(much)), BufferPool::kSmallBytes);
  EXPECT_EQ(second.append(bytes(much)), 0U);
  second.clear();
  EXPECT_TRUE(second.is_empty());
  EXPECT_EQ(second.append(bytes("again")), 5U);
  EXPECT_EQ(text(second.front()), "again");
}

TEST(HeldBytes, ReturnsItsMemoryAtTheEnd) {
  BufferPool pool(1 << 20);
  { EXPECT_EQ(HeldBytes(pool).append(bytes("left over")), 9U); }
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

}  // namespace
}  // namespace nsrun::dataplane
