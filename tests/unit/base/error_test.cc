// SPDX-License-Identifier: Apache-2.0
#include "base/error.hh"

#include <gtest/gtest.h>

#include <memory>

#include "base/result.hh"

namespace nsrun::base {
namespace {

TEST(SystemError, SaysWhatWasAttemptedAndWhy) {
  const SystemError error("open /dev/net/tun", EACCES);
  EXPECT_STREQ(error.what(), "open /dev/net/tun: Permission denied");
  EXPECT_EQ(error.error_number(), EACCES);
}

TEST(Check, PassesResultsThrough) {
  EXPECT_EQ(check("count", 0), 0);
  EXPECT_EQ(check("read", ssize_t{5}), 5);
}

TEST(Check, ThrowsWithErrno) {
  errno = ENOENT;
  try {
    check("open it", -1);
    FAIL() << "nothing was thrown";
  } catch (const SystemError& error) {
    EXPECT_STREQ(error.what(), "open it: No such file or directory");
  }
}

TEST(CheckMacro, EndsTheProgramOnOurOwnBug) {
  NSRUN_CHECK(1 + 1 == 2);
  EXPECT_DEATH(NSRUN_CHECK(1 + 1 == 3), "internal error: 1 \\+ 1 == 3 does not hold");
}

TEST(Result, HoldsAValue) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(**result, 7);
  const std::unique_ptr<int> taken = std::move(result.value());
  EXPECT_EQ(*taken, 7);
}

TEST(Result, HoldsAReason) {
  const Result<std::string> result = Error{"port 0 is not a port"};
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error(), "port 0 is not a port");
}

TEST(Result, AskedForWhatItDoesNotHoldIsABug) {
  const Result<int> value = 3;
  const Result<int> none = Error{"no"};
  EXPECT_DEATH(static_cast<void>(value.error()), "internal error");
  EXPECT_DEATH(static_cast<void>(none.value()), "internal error");
}

}  // namespace
}  // namespace nsrun::base
