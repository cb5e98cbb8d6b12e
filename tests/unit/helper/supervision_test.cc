// SPDX-License-Identifier: Apache-2.0
#include "helper/supervision.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "os/process.hh"

namespace nsrun::helper {
namespace {

TEST(Supervision, SigtermAndSigintAreCleanEnds) {
  for (const int signal : {SIGTERM, SIGINT}) {
    control::MainContext context;
    Supervision supervision(context);
    raise(signal);
    EXPECT_EQ(supervision.run(), 0) << signal;
  }
}

TEST(Supervision, SighupIsIgnored) {
  control::MainContext context;
  Supervision supervision(context);
  raise(SIGHUP);
  context.iterate(true);
  context.post([&] { supervision.end(3, "the test says so"); });
  EXPECT_EQ(supervision.run(), 3);
}

TEST(Supervision, TheExitDescriptorsHangUpIsACleanEndAndItsDataIsNot) {
  control::MainContext context;
  Supervision supervision(context);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const base::Fd exit_fd(ends[0]);
  base::Fd callers(ends[1]);
  supervision.end_on_hang_up(exit_fd, "exit descriptor");
  ASSERT_EQ(write(callers.number(), "x", 1), 1);
  EXPECT_FALSE(context.iterate(false));
  callers.close();
  EXPECT_EQ(supervision.run(), 0);
}

TEST(Supervision, TheEndOfTheTargetProcessIsACleanEnd) {
  control::MainContext context;
  Supervision supervision(context);
  os::Child child = os::Child::start([] { return 5; });
  supervision.end_on_readable(child.pidfd(), "target");
  EXPECT_EQ(supervision.run(), 0);
}

TEST(Supervision, TheFirstReasonCounts) {
  control::MainContext context;
  Supervision supervision(context);
  supervision.end(1, "first");
  supervision.end(0, "second");
  EXPECT_EQ(supervision.run(), 1);
}

}  // namespace
}  // namespace nsrun::helper
