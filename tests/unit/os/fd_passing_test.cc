// SPDX-License-Identifier: Apache-2.0
#include "os/fd_passing.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <string_view>

#include "base/error.hh"

namespace nsrun::os {
namespace {

base::Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(FdPassing, AMessageArrivesWholeWithItsDescriptor) {
  auto [left, right] = make_seqpacket_pair();
  const base::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::array views{null.view()};
  send_message(left, bytes_of("hello"), views);

  const auto message = receive_message(right);
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(std::ranges::equal(message->bytes, bytes_of("hello")));
  ASSERT_EQ(message->fds.size(), 1U);
  EXPECT_EQ(::fcntl(message->fds[0].number(), F_GETFD), FD_CLOEXEC);
  struct stat sent {};
  struct stat received {};
  ASSERT_EQ(::fstat(null.number(), &sent), 0);
  ASSERT_EQ(::fstat(message->fds[0].number(), &received), 0);
  EXPECT_EQ(sent.st_rdev, received.st_rdev);
}

TEST(FdPassing, MessagesKeepTheirBounds) {
  auto [left, right] = make_seqpacket_pair();
  send_message(left, bytes_of("one"));
  send_message(left, bytes_of("three"));
  EXPECT_EQ(receive_message(right)->bytes.size(), 3U);
  EXPECT_EQ(receive_message(right)->bytes.size(), 5U);
}

TEST(FdPassing, TheOtherSidesEndIsNoError) {
  auto [left, right] = make_seqpacket_pair();
  left.close();
  EXPECT_FALSE(receive_message(right).has_value());
}

TEST(FdPassing, AnEndWithUnreadMessagesIsNoErrorEither) {
  auto [left, right] = make_seqpacket_pair();
  send_message(right, bytes_of("never read"));
  left.close();
  EXPECT_FALSE(receive_message(right).has_value());
}

TEST(FdPassing, SendingToAClosedSideThrowsInsteadOfKilling) {
  auto [left, right] = make_seqpacket_pair();
  right.close();
  EXPECT_THROW(send_message(left, bytes_of("x")), base::SystemError);
}

TEST(FdPassing, AMessageCutShortIsAnError) {
  auto [left, right] = make_seqpacket_pair();
  const std::vector<std::byte> large(70000);
  send_message(left, large);
  EXPECT_THROW(receive_message(right), base::SystemError);
}

}  // namespace
}  // namespace nsrun::os
