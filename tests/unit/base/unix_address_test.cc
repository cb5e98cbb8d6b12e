// SPDX-License-Identifier: Apache-2.0
#include "base/unix_address.hh"

#include <gtest/gtest.h>

#include <string>

namespace nsrun::base {
namespace {

const sockaddr_un& bytes_of(const UnixAddress& address) {
  return *reinterpret_cast<const sockaddr_un*>(address.get());
}

TEST(UnixAddress, APathEndsWithANullByte) {
  const auto address = UnixAddress::of_path("/run/api.sock");
  ASSERT_TRUE(address);
  EXPECT_EQ(bytes_of(*address).sun_family, AF_UNIX);
  EXPECT_STREQ(bytes_of(*address).sun_path, "/run/api.sock");
  EXPECT_EQ(address->length(), sizeof(sockaddr_un));
}

TEST(UnixAddress, APathMayHave107Bytes) {
  const auto longest = UnixAddress::of_path(std::string(107, 'a'));
  ASSERT_TRUE(longest);
  EXPECT_EQ(std::string(bytes_of(*longest).sun_path), std::string(107, 'a'));
  EXPECT_FALSE(UnixAddress::of_path(std::string(108, 'a')));
  EXPECT_FALSE(UnixAddress::of_path(""));
}

TEST(UnixAddress, AnAbstractNameFollowsANullByteAndEndsWithTheLength) {
  const auto address = UnixAddress::of_abstract("netns");
  ASSERT_TRUE(address);
  EXPECT_EQ(bytes_of(*address).sun_path[0], '\0');
  EXPECT_STREQ(bytes_of(*address).sun_path + 1, "netns");
  EXPECT_EQ(address->length(), offsetof(sockaddr_un, sun_path) + 1 + 5);
}

TEST(UnixAddress, AnAbstractNameMayHave107Bytes) {
  const auto longest = UnixAddress::of_abstract(std::string(107, 'a'));
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->length(), sizeof(sockaddr_un));
  EXPECT_FALSE(UnixAddress::of_abstract(std::string(108, 'a')));
  EXPECT_FALSE(UnixAddress::of_abstract(""));
}

}  // namespace
}  // namespace nsrun::base
