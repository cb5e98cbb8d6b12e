// SPDX-License-Identifier: Apache-2.0
#include "slirp/socket_table.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/fd_passing.hh"

namespace nsrun::slirp {
namespace {

class SocketTableTest : public testing::Test {
 protected:
  void wants(std::initializer_list<int> fds) {
    table_.begin_wishes();
    for (const int fd : fds) EXPECT_TRUE(table_.want(fd, EPOLLIN));
    table_.end_wishes();
  }
  void wakes_up() { loop_.run_once(base::now()); }
  static void fill(const base::Fd& peer) { ASSERT_EQ(::write(peer.number(), "x", 1), 1); }

  loop::Loop loop_;
  SocketTable table_{loop_};
  std::pair<base::Fd, base::Fd> first_ = os::make_seqpacket_pair();
  std::pair<base::Fd, base::Fd> second_ = os::make_seqpacket_pair();
};

TEST_F(SocketTableTest, CollectsWhatBecomesReady) {
  wants({first_.first.number(), second_.first.number()});
  fill(second_.second);
  wakes_up();
  EXPECT_TRUE(table_.has_ready());
  EXPECT_EQ(table_.ready(first_.first.number()), 0U);
  EXPECT_EQ(table_.ready(second_.first.number()), uint32_t{EPOLLIN});
  table_.clear_ready();
  EXPECT_FALSE(table_.has_ready());
  EXPECT_EQ(table_.ready(second_.first.number()), 0U);
}

TEST_F(SocketTableTest, WhatIsNoLongerWantedIsNotWatched) {
  wants({first_.first.number(), second_.first.number()});
  wants({first_.first.number()});
  fill(second_.second);
  wakes_up();
  EXPECT_FALSE(table_.has_ready());
  wants({second_.first.number()});
  wakes_up();
  EXPECT_TRUE(table_.has_ready());
}

TEST_F(SocketTableTest, ANumberMayBeUsedAgainByAnotherSocket) {
  const int number = first_.first.number();
  wants({number});
  table_.forget(number);
  first_.first.close();
  ASSERT_EQ(::dup2(second_.first.number(), number), number);
  const base::Fd reused(number);
  wants({number});
  fill(second_.second);
  wakes_up();
  EXPECT_EQ(table_.ready(number), uint32_t{EPOLLIN});
}

TEST_F(SocketTableTest, AClosedDescriptorCannotBeWanted) {
  const int number = first_.first.number();
  first_.first.close();
  table_.begin_wishes();
  EXPECT_FALSE(table_.want(number, EPOLLIN));
  table_.end_wishes();
}

TEST_F(SocketTableTest, ForgettingTheUnknownIsHarmless) {
  table_.forget(-1);
  table_.forget(1'000'000);
}

}  // namespace
}  // namespace nsrun::slirp
