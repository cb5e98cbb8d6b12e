// SPDX-License-Identifier: Apache-2.0
#include "dataplane/early_bytes.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace nsrun::dataplane {
namespace {

using tcp::Sequence;

// The stream begins in front of the wrap.
constexpr Sequence kStart{0xffff'ff00};

class EarlyBytesTest : public testing::Test {
 protected:
  ~EarlyBytesTest() override {
    early.clear();
    EXPECT_EQ(pool.bytes_in_use(), 0U);
  }

  void keep(uint32_t position, std::string_view text, bool fin = false) {
    tcp::Segment segment;
    segment.sequence = kStart + position;
    segment.flags.fin = fin;
    segment.payload = std::as_bytes(std::span(text));
    early.keep(segment);
  }
  // What continues the stream at `position`; "." is its end.
  std::string continuation(uint32_t position) {
    std::string result;
    Sequence next = kStart + position;
    while (const auto segment = early.take(next)) {
      const auto known = static_cast<size_t>(next - segment->sequence);
      const base::Bytes payload = segment->payload;
      const base::Bytes fresh = payload.subspan(std::min(known, payload.size()));
      result.append(reinterpret_cast<const char*>(fresh.data()), fresh.size());
      next += static_cast<uint32_t>(fresh.size());
      if (segment->flags.fin) result += '.';
    }
    early.release_taken();
    return result;
  }

  // "first-end" of each run.
  std::string latest() const {
    std::array<tcp::SackBlock, wire::kMostSackBlocks> room;
    std::string text;
    for (const tcp::SackBlock& run : early.latest(room)) {
      text += fmt::format("{}-{} ", run.first - kStart, run.end - kStart);
    }
    return text;
  }

  BufferPool pool{8 << 20};
  EarlyBytes early{pool};
};

TEST_F(EarlyBytesTest, NothingComesBeforeItsGapIsFilled) {
  keep(10, "later");
  EXPECT_EQ(continuation(9), "");
  EXPECT_EQ(continuation(10), "later");
  EXPECT_EQ(continuation(15), "");
}

TEST_F(EarlyBytesTest, AnyOrderComesOutInOrderAcrossTheWrap) {
  keep(251, "fghij");
  keep(246, "abcde");
  keep(260, "second gap");
  EXPECT_EQ(continuation(246), "abcdefghij");
  EXPECT_EQ(continuation(260), "second gap");
}

TEST_F(EarlyBytesTest, WhatIsKnownIsNotKeptAgain) {
  keep(10, "abcdef");
  const size_t before = pool.bytes_in_use();
  keep(10, "abcdef");
  keep(12, "cd");
  keep(14, "efgh");
  EXPECT_EQ(pool.bytes_in_use(), before);
  EXPECT_EQ(continuation(12), "cdefgh");
}

TEST_F(EarlyBytesTest, TheEndOfTheStreamIsKeptToo) {
  keep(15, "!", true);
  keep(10, "hello");
  EXPECT_EQ(continuation(10), "hello!.");
  keep(30, "", true);
  EXPECT_EQ(continuation(29), "");
  EXPECT_EQ(continuation(30), ".");
}

TEST_F(EarlyBytesTest, ARunOfSmallSegmentsSharesMemory) {
  const std::string segment(100, 'x');
  for (uint32_t i = 0; i < 1000; ++i) keep(10 + i * 100, segment);
  EXPECT_LE(pool.bytes_in_use(), 3 * BufferPool::kLargeBytes);
  EXPECT_EQ(continuation(10).size(), 100'000U);
}

TEST_F(EarlyBytesTest, ManyGapsAreNotKept) {
  for (uint32_t i = 0; i < 1000; ++i) keep(10 + i * 2, "x");
  EXPECT_EQ(pool.bytes_in_use(), EarlyBytes::kMostChunks * BufferPool::kSmallBytes);
  EXPECT_EQ(continuation(10), "x");
}

TEST_F(EarlyBytesTest, WithoutMemoryItIsLeftOut) {
  BufferPool small(BufferPool::kSmallBytes);
  EarlyBytes poor(small);
  tcp::Segment segment;
  const std::string text(3000, 'x');
  segment.payload = std::as_bytes(std::span(text));
  poor.keep(segment);
  EXPECT_FALSE(poor.take(segment.sequence));
}

// RFC 2018 section 4.
TEST_F(EarlyBytesTest, TheLatestRunsAreToldFirstAndWhole) {
  EXPECT_EQ(latest(), "");
  keep(250, "abc");
  EXPECT_EQ(latest(), "250-253 ");
  keep(270, "def");
  keep(240, "gh");
  EXPECT_EQ(latest(), "240-242 270-273 250-253 ");
  keep(253, "behind the first");  // across the wrap
  EXPECT_EQ(latest(), "250-269 240-242 270-273 ");
  keep(269, "!");  // two become one
  EXPECT_EQ(latest(), "250-273 240-242 ");
  for (uint32_t i = 0; i < 5; ++i) keep(300 + 10 * i, "x");
  EXPECT_EQ(latest(), "340-341 330-331 320-321 310-311 ");
  early.clear();
  EXPECT_EQ(latest(), "");
}

TEST_F(EarlyBytesTest, ALongRunIsOneOfTheLatest) {
  keep(100, "abc");
  for (uint32_t i = 0; i < 20; ++i) keep(200 + i, "x");
  EXPECT_EQ(latest(), "200-220 100-103 ");
}

TEST_F(EarlyBytesTest, WhatFoundNoRoomIsNotTold) {
  for (uint32_t i = 0; i < 1000; ++i) keep(10 + i * 2, "x");
  EXPECT_EQ(latest(), "72-73 70-71 68-69 66-67 ");
}

TEST_F(EarlyBytesTest, AnyMixtureIsTheStream) {
  std::minstd_rand random(11);
  std::string stream(200'000, '\0');
  for (char& c : stream) c = static_cast<char>(random());
  size_t next = 0;
  for (int step = 0; step < 100'000 && next < stream.size(); ++step) {
    const size_t size = random() % 3000;
    const size_t position = next + 1 + random() % 5000;
    if (random() % 8 == 0) {
      next = std::min(next + size, stream.size());  // this one was in order
    } else if (position < stream.size()) {
      keep(static_cast<uint32_t>(position), std::string_view(stream).substr(position, size));
    }
    const std::string got = continuation(static_cast<uint32_t>(next));
    ASSERT_EQ(got, stream.substr(next, got.size()));
    next += got.size();
  }
  EXPECT_EQ(next, stream.size());
}

}  // namespace
}  // namespace nsrun::dataplane
