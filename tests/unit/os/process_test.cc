// SPDX-License-Identifier: Apache-2.0
#include "os/process.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include "base/error.hh"
#include "os/fd_passing.hh"

namespace nsrun::os {
namespace {

using base::operator""ms;

TEST(Process, EndingsAreTold) {
  EXPECT_EQ(Child::start([] { return 42; }).wait(), (Ending{.exit_code = 42, .signal = 0}));
  const Ending killed = Child::start([] { return ::raise(SIGKILL); }).wait();
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(killed.status(), 137);
}

TEST(Process, AnExceptionEndsTheChildAlone) {
  EXPECT_EQ(Child::start([]() -> int { throw std::runtime_error("x"); }).wait().status(), 125);
}

TEST(Process, WaitingIsBounded) {
  Child child = Child::start([] { return ::pause(); });
  EXPECT_FALSE(child.wait_until(base::now() + 5ms).has_value());
  send_signal(child.pidfd(), SIGTERM);
  EXPECT_EQ(child.wait().signal, SIGTERM);
  EXPECT_EQ(child.wait().signal, SIGTERM);
}

TEST(Process, AChildOutOfScopeIsGone) {
  pid_t pid = -1;
  {
    const Child child = Child::start([] { return ::pause(); });
    pid = child.pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

// `orphan` runs in a process that ends with its parent, and is given the parent and a function that
// makes it end.
template <typename Orphan>
void run_as_orphan(const Orphan& orphan) {
  Child parent = Child::start([&] {
    const base::Fd self = open_pidfd(::getpid());
    auto [ready, waiting] = make_seqpacket_pair();
    Child child = Child::start([&, &ready = ready, &waiting = waiting] {
      end_with_parent(self);
      return orphan(self, [&] {
        ready.close();
        waiting.close();
      });
    });
    ready.close();
    receive_message(waiting);
    ::_exit(0);
    return 0;
  });
  parent.wait();
}

TEST(Process, TheEndOfTheParentEndsTheChild) {
  auto [ours, theirs] = make_seqpacket_pair();
  run_as_orphan([](base::FdView, const auto& end_parent) {
    end_parent();
    return ::pause();
  });
  theirs.close();
  // The grandchild held the last copy of the other end.
  EXPECT_FALSE(receive_message(ours).has_value());
}

TEST(Process, TheEndOfTheParentCanBeHeldForAWhile) {
  auto [ours, theirs] = make_seqpacket_pair();
  run_as_orphan([&theirs = theirs](base::FdView parent, const auto& end_parent) {
    {
      const ParentsEndHeld held;
      end_parent();
      while (!ends_by(parent, base::now() + 20000ms)) {
      }
      send_message(theirs, base::bytes_of(char{'h'}));
    }
    send_message(theirs, base::bytes_of(char{'n'}));
    return 0;
  });
  theirs.close();
  EXPECT_TRUE(receive_message(ours).has_value());
  EXPECT_FALSE(receive_message(ours).has_value());
}

TEST(Process, AParentThatEndedBeforeIsNoticed) {
  Child stranger = Child::start([] { return ::pause(); });
  const base::Fd pidfd = open_pidfd(stranger.pid());
  send_signal(stranger.pidfd(), SIGKILL);
  stranger.wait();
  EXPECT_EQ(Child::start([&] {
              end_with_parent(pidfd);
              return 0;
            })
                .wait()
                .status(),
            125);
}

TEST(Process, OnlyTheNamedDescriptorsStay) {
  const base::Fd kept(::open("/dev/null", O_RDONLY));
  const base::Fd other = base::duplicate(kept);
  const int status = Child::start([&] {
                       close_fds_except(std::array{kept.number()});
                       const bool has_kept = ::fcntl(kept.number(), F_GETFD) >= 0;
                       const bool has_other = ::fcntl(other.number(), F_GETFD) >= 0;
                       const bool has_standard_error = ::fcntl(2, F_GETFD) >= 0;
                       return has_kept && !has_other && has_standard_error ? 0 : 1;
                     })
                         .wait()
                         .status();
  EXPECT_EQ(status, 0);
}

TEST(Process, APidfdOfNobodyIsAnError) { EXPECT_THROW(open_pidfd(-1), base::SystemError); }

}  // namespace
}  // namespace nsrun::os
