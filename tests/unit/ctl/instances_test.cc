// SPDX-License-Identifier: Apache-2.0
#include "ctl/instances.hh"

#include <gtest/gtest.h>

namespace nsrun::ctl {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kHead = "Num       RefCount Protocol Flags    Type St Inode Path\n";

std::string line(const char* flags, const std::string& path) {
  return std::string("0000000000000000: 00000002 00000000 ") + flags + " 0001 01  4711 " + path +
         "\n";
}
std::string listening(const std::string& path) { return line("00010000", path); }

TEST(Instances, AreTheListenersWithTheUsersNumberSortedEachOnce) {
  EXPECT_EQ(names_in(kHead + listening("@netns-run/1000/web") + listening("@netns-run/1000/db") +
                         listening("@netns-run/1000/web"),
                     1000),
            (Names{"db", "web"}));
}

TEST(Instances, OtherSocketsAreNone) {
  EXPECT_EQ(
      names_in(kHead + line("00000000", "@netns-run/1000/client") +
                   listening("@netns-run/10001/stranger") + listening("@netns-run/100/stranger") +
                   listening("/netns-run/1000/path") + listening("@netns-run/1000/") +
                   listening("@netns-run/1000/a/b") + listening("@netns-run/1000/a\x1b[2J") +
                   listening("@netns-run/1000/a b") + listening("") + "garbage\n",
               1000),
      Names{});
}

}  // namespace
}  // namespace nsrun::ctl
