// SPDX-License-Identifier: Apache-2.0
#include "control/main_context.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <thread>
#include <vector>

namespace nsrun::control {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    read_end = base::Fd(ends[0]);
    write_end = base::Fd(ends[1]);
  }
  base::Fd read_end;
  base::Fd write_end;
};

TEST(MainContext, PostedTasksRunInOrderInTheContextsThread) {
  MainContext context;
  std::vector<int> order;
  std::thread::id ran_in;
  std::thread other([&] {
    context.post([&] { order.push_back(1); });
    context.post([&] {
      order.push_back(2);
      ran_in = std::this_thread::get_id();
    });
  });
  while (order.size() < 2) context.iterate(true);
  other.join();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_EQ(ran_in, std::this_thread::get_id());
}

TEST(MainContext, AHangUpIsReportedWithoutAskingForIt) {
  MainContext context;
  Pipe pipe;
  GIOCondition seen{};
  const FdSource source(context, pipe.read_end, GIOCondition{},
                        [&](GIOCondition conditions) { seen = conditions; });
  ASSERT_EQ(write(pipe.write_end.number(), "x", 1), 1);
  EXPECT_FALSE(context.iterate(false));
  pipe.write_end.close();
  EXPECT_TRUE(context.iterate(true));
  EXPECT_EQ(seen, G_IO_HUP);
}

TEST(MainContext, ASourceMayBeDestroyedInItsCallback) {
  MainContext context;
  Pipe pipe;
  std::unique_ptr<FdSource> source;
  std::string kept = "a capture that must live until the callback returns";
  std::string seen;
  source = std::make_unique<FdSource>(context, pipe.read_end, G_IO_IN, [&, kept](GIOCondition) {
    source.reset();
    seen = kept;
  });
  ASSERT_EQ(write(pipe.write_end.number(), "x", 1), 1);
  EXPECT_TRUE(context.iterate(true));
  EXPECT_EQ(seen, kept);
  EXPECT_FALSE(context.iterate(false));
}

TEST(MainContext, ATimerFiresOncePerSet) {
  MainContext context;
  int fired = 0;
  TimerSource timer(context, [&] { ++fired; });
  EXPECT_FALSE(context.iterate(false));
  timer.set(base::Duration::zero());
  EXPECT_TRUE(context.iterate(true));
  EXPECT_FALSE(context.iterate(false));
  EXPECT_EQ(fired, 1);
  timer.set(base::Duration::zero());
  timer.cancel();
  EXPECT_FALSE(context.iterate(false));
  EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace nsrun::control
