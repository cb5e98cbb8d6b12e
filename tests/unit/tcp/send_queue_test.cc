// SPDX-License-Identifier: Apache-2.0
#include "tcp/send_queue.hh"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace nsrun::tcp {
namespace {

using wire::Sequence;

class SendQueueTest : public testing::Test {
 protected:
  // Three chunks of 100 bytes; the second one's end is where the numbers wrap.
  SendQueueTest() {
    Sequence first(0U - 200);
    for (Chunk& chunk : chunks) {
      chunk.first = first;
      chunk.length = 100;
      queue.push(&chunk);
      first += 100;
    }
  }

  std::set<const Chunk*> released() {
    std::set<const Chunk*> found;
    for (const Chunk* chunk = queue.take_released(); chunk != nullptr; chunk = chunk->next) {
      EXPECT_TRUE(found.insert(chunk).second) << "given back twice";
    }
    return found;
  }

  std::array<Chunk, 3> chunks;
  SendQueue queue;
};

TEST_F(SendQueueTest, KeepsTheOrder) {
  EXPECT_EQ(queue.count(), 3U);
  EXPECT_EQ(queue.front(), &chunks[0]);
  queue.acknowledge(Sequence(0U - 100));
  EXPECT_EQ(queue.front(), &chunks[1]);
  queue.acknowledge(Sequence(0));
  EXPECT_EQ(queue.front(), &chunks[2]);
}

TEST_F(SendQueueTest, ReleasesOnlyWhatIsWhollyAcknowledged) {
  queue.acknowledge(Sequence(0U - 101));
  EXPECT_TRUE(released().empty());
  queue.acknowledge(Sequence(0U - 100));
  EXPECT_EQ(released(), std::set<const Chunk*>{&chunks[0]});
  queue.acknowledge(Sequence(99));
  EXPECT_EQ(released(), std::set<const Chunk*>{&chunks[1]});
}

TEST_F(SendQueueTest, AnOldNumberReleasesNothing) {
  queue.acknowledge(Sequence(0U - 1000));
  EXPECT_TRUE(released().empty());
  EXPECT_EQ(queue.count(), 3U);
}

TEST_F(SendQueueTest, GivesBackOnce) {
  queue.acknowledge(Sequence(100));
  EXPECT_EQ(released().size(), 3U);
  EXPECT_TRUE(released().empty());
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.count(), 0U);
  EXPECT_EQ(queue.front(), nullptr);
}

TEST_F(SendQueueTest, ReleaseAllAddsToWhatWasReleasedBefore) {
  queue.acknowledge(Sequence(0U - 100));
  queue.release_all();
  EXPECT_EQ(released().size(), 3U);
}

TEST_F(SendQueueTest, TakesChunksAgainAfterItWasEmpty) {
  queue.release_all();
  EXPECT_EQ(released().size(), 3U);
  queue.push(&chunks[1]);
  queue.push(&chunks[2]);
  EXPECT_EQ(queue.front(), &chunks[1]);
  EXPECT_EQ(queue.count(), 2U);
  queue.release_all();
  EXPECT_EQ(released(), (std::set<const Chunk*>{&chunks[1], &chunks[2]}));
}

}  // namespace
}  // namespace nsrun::tcp
