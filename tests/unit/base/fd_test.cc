// SPDX-License-Identifier: Apache-2.0
#include "base/fd.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <type_traits>

#include "base/error.hh"

namespace nsrun::base {
namespace {

static_assert(!std::is_copy_constructible_v<Fd> && std::is_nothrow_move_constructible_v<Fd>);

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

Fd make_fd() { return Fd(check("make an eventfd", ::eventfd(0, EFD_CLOEXEC))); }

TEST(Fd, ClosesWhatItOwns) {
  int number = -1;
  {
    const Fd fd = make_fd();
    number = fd.number();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovingLeavesAnEmptyOne) {
  Fd first = make_fd();
  const int number = first.number();
  Fd second = std::move(first);
  EXPECT_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): its state is promised
  EXPECT_EQ(second.number(), number);
  Fd third = make_fd();
  const int replaced = third.number();
  third = std::move(second);
  EXPECT_EQ(third.number(), number);
  EXPECT_FALSE(is_open(replaced));
}

TEST(Fd, ReleaseGivesUpOwnership) {
  Fd fd = make_fd();
  const Fd owner(fd.release());
  EXPECT_FALSE(fd.is_open());
  EXPECT_TRUE(is_open(owner.number()));
}

TEST(Fd, DuplicateIsAnotherNumberAndCloseOnExec) {
  const Fd fd = make_fd();
  const Fd copy = duplicate(fd);
  EXPECT_NE(copy.number(), fd.number());
  EXPECT_EQ(::fcntl(copy.number(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_THROW(duplicate(FdView()), SystemError);
}

TEST(FdView, Borrows) {
  const Fd fd = make_fd();
  {
    const FdView view = fd;
    EXPECT_TRUE(view.is_open());
    EXPECT_EQ(view, fd.view());
  }
  EXPECT_TRUE(is_open(fd.number()));
  EXPECT_FALSE(FdView().is_open());
}

}  // namespace
}  // namespace nsrun::base
