// SPDX-License-Identifier: Apache-2.0
#include "loop/loop.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/error.hh"

namespace nsrun::loop {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  Pipe() {
    int ends[2];
    base::check("make a pipe", ::pipe(ends));
    reader = base::Fd(ends[0]);
    writer = base::Fd(ends[1]);
  }
  void write_byte() const { ASSERT_EQ(::write(writer.number(), "x", 1), 1); }
  base::Fd reader;
  base::Fd writer;
};

class RecordingSource final : public Source {
 public:
  explicit RecordingSource(Loop& loop) : Source(loop, "recording") {}
  void on_ready(uint32_t events, base::Time now) noexcept override {
    seen_events |= events;
    seen_at = now;
    ++calls;
    if (action) action();
  }
  std::function<void()> action;
  uint32_t seen_events = 0;
  base::Time seen_at;
  int calls = 0;
};

base::Time soon() { return base::now() + 5s; }

TEST(Loop, CallsTheSourceOfAReadyDescriptor) {
  Loop loop;
  const Pipe pipe;
  RecordingSource source(loop);
  source.watch(pipe.reader, EPOLLIN);
  pipe.write_byte();
  loop.run_once(soon());
  EXPECT_EQ(source.calls, 1);
  EXPECT_EQ(source.seen_events, uint32_t{EPOLLIN});
  EXPECT_EQ(source.seen_at, loop.now());
}

TEST(Loop, CallsAgainWhileTheDescriptorStaysReady) {
  Loop loop;
  const Pipe pipe;
  RecordingSource source(loop);
  source.watch(pipe.reader, EPOLLIN);
  pipe.write_byte();
  loop.run_once(soon());
  loop.run_once(soon());
  EXPECT_EQ(source.calls, 2);
}

TEST(Loop, AnUnwatchedSourceIsNotCalled) {
  Loop loop;
  const Pipe pipe;
  RecordingSource source(loop);
  source.watch(pipe.reader, EPOLLIN);
  source.unwatch();
  pipe.write_byte();
  loop.run_once(base::now());
  EXPECT_EQ(source.calls, 0);
  EXPECT_FALSE(source.is_watching());
}

TEST(Loop, ChangedEventsCount) {
  Loop loop;
  const Pipe pipe;
  RecordingSource source(loop);
  source.watch(pipe.writer, EPOLLOUT);
  source.change(EPOLLIN);
  loop.run_once(base::now());
  EXPECT_EQ(source.calls, 0);
}

// Both are ready in one batch; whichever is served first destroys the other.
TEST(Loop, ASourceThatDiesInABatchIsNeverCalled) {
  Loop loop;
  const Pipe first_pipe;
  const Pipe second_pipe;
  auto first = std::make_unique<RecordingSource>(loop);
  auto second = std::make_unique<RecordingSource>(loop);
  int calls = 0;
  first->action = [&] {
    ++calls;
    second.reset();
  };
  second->action = [&] {
    ++calls;
    first.reset();
  };
  first->watch(first_pipe.reader, EPOLLIN);
  second->watch(second_pipe.reader, EPOLLIN);
  first_pipe.write_byte();
  second_pipe.write_byte();
  loop.run_once(soon());
  EXPECT_EQ(calls, 1);
}

TEST(Loop, TimersExpireInOrder) {
  Loop loop;
  std::vector<int> order;
  Timer later(loop, [&](base::Time) { order.push_back(2); });
  Timer sooner(loop, [&](base::Time) { order.push_back(1); });
  const base::Time now = base::now();
  later.set(now);
  sooner.set(now - 1ns);
  loop.run_once(soon());
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_EQ(later.deadline(), base::kNever);
}

TEST(Loop, ATimerMayBeSetAgainAndCancelled) {
  Loop loop;
  int expiries = 0;
  Timer timer(loop, [&](base::Time) { ++expiries; });
  timer.set(base::now() - 1s);
  timer.set(base::now() + 1h);
  loop.run_once(base::now());
  EXPECT_EQ(expiries, 0);
  timer.set(base::now() - 1s);
  timer.cancel();
  loop.run_once(base::now());
  EXPECT_EQ(expiries, 0);
}

TEST(Loop, ATimerThatSetsItselfIntoThePastDoesNotHoldTheLoop) {
  Loop loop;
  int expiries = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&](base::Time now) {
    ++expiries;
    timer->set(now - 1s);
  });
  timer->set(base::now());
  loop.run_once(soon());
  EXPECT_EQ(expiries, 1);
}

TEST(Loop, AnExpiringTimerMayDestroyAnother) {
  Loop loop;
  auto victim = std::make_unique<Timer>(loop, [](base::Time) { FAIL(); });
  Timer killer(loop, [&](base::Time) { victim.reset(); });
  killer.set(base::now() - 2s);
  victim->set(base::now() - 1s);
  loop.run_once(soon());
  EXPECT_EQ(victim, nullptr);
}

TEST(Loop, BatchEndComesAfterSourcesAndTimers) {
  Loop loop;
  const Pipe pipe;
  std::vector<int> order;
  RecordingSource source(loop);
  source.action = [&] { order.push_back(1); };
  source.watch(pipe.reader, EPOLLIN);
  pipe.write_byte();
  Timer timer(loop, [&](base::Time) { order.push_back(2); });
  timer.set(base::now() - 1s);
  loop.set_batch_end([&](base::Time) { order.push_back(3); });
  loop.run_once(soon());
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Loop, PostedTasksRunInOrderOnTheLoopsThread) {
  Loop loop;
  std::vector<int> order;
  std::thread::id ran_on;
  std::thread poster([&] {
    loop.post([&] { order.push_back(1); });
    loop.post([&] {
      order.push_back(2);
      ran_on = std::this_thread::get_id();
    });
    loop.stop();
  });
  loop.run();
  poster.join();
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Loop, StopBeforeRunEndsIt) {
  Loop loop;
  loop.stop();
  loop.run();
}

TEST(Loop, WatchingAClosedDescriptorThrows) {
  Loop loop;
  RecordingSource source(loop);
  EXPECT_THROW(source.watch(base::FdView(-1), EPOLLIN), base::SystemError);
  EXPECT_FALSE(source.is_watching());
}

}  // namespace
}  // namespace nsrun::loop
