// SPDX-License-Identifier: Apache-2.0
//
// Sequence numbers that are kept for long must not fall behind by half of the number space, or
// "before" becomes "after". The streams are gigabytes of nothing: pages that nobody touches.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <vector>

#include "tcp/connection.hh"

namespace nsrun::tcp {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t kPiece = 1 << 29;

struct LongStream : testing::Test, Output {
  void SetUp() override {
    pages = mmap(nullptr, kPiece, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(pages, MAP_FAILED);
    Segment syn;
    syn.flags.syn = true;
    syn.syn_options.mss = 1460;
    syn.syn_options.window_shift = 14;
    connection = std::unique_ptr<Connection>(new Connection(
        Connection::accept({.send_limit_bytes = UINT32_MAX}, syn, Sequence(0), now)));
    connection->host_connected(now, *this);
    acknowledge(1);
  }
  void TearDown() override { munmap(pages, kPiece); }

  void transmit(const Segment& segment, uint16_t) noexcept override { sent.push_back(segment); }

  void acknowledge(uint32_t number) {
    Segment ack;
    ack.sequence = Sequence(1);
    ack.flags.ack = true;
    ack.window = UINT16_MAX;
    ack.acknowledgment = Sequence(number);
    connection->receive(ack, now, *this);
  }

  void send(Chunk& chunk, uint32_t length) {
    chunk.data = static_cast<std::byte*>(pages);
    chunk.length = length;
    ASSERT_LE(length, connection->sendable());
    connection->send(&chunk, now, *this);
  }

  base::Time now = base::Time() + 1h;
  void* pages = nullptr;
  std::unique_ptr<Connection> connection;
  std::vector<Segment> sent;
};

TEST_F(LongStream, ALossIsSeenAfterGigabytesWithoutOne) {
  uint32_t end = 1;
  for (int piece = 0; piece < 5; ++piece) {  // 2.5 GiB: beyond half of the numbers
    Chunk chunk;
    send(chunk, kPiece);
    end += kPiece;
    acknowledge(end);
    ASSERT_EQ(connection->bytes_in_flight(), 0U);
    ASSERT_EQ(connection->take_released(), &chunk);
  }
  Chunk first;
  Chunk second;
  send(first, 1000);
  send(second, 1000);
  sent.clear();
  acknowledge(end);  // a duplicate
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent.front().sequence, Sequence(end));
  EXPECT_EQ(sent.front().payload.size(), 1000U);
  connection->release_all();
}

TEST_F(LongStream, TheWindowIsStillTakenFromAGuestThatOnlyListens) {
  uint32_t end = 1;
  for (int piece = 0; piece < 9; ++piece) {  // once around all numbers
    Chunk chunk;
    send(chunk, kPiece);
    end += kPiece;
    acknowledge(end);
    ASSERT_EQ(connection->take_released(), &chunk);
    ASSERT_EQ(connection->sendable(), uint32_t{UINT16_MAX} << 14);
  }
}

}  // namespace
}  // namespace nsrun::tcp
