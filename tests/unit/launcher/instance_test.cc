// SPDX-License-Identifier: Apache-2.0
#include "nsrun/instance.hh"

#include <gtest/gtest.h>

namespace nsrun {
namespace {

TEST(InstanceName, IsShortAndPlain) {
  for (const char* good : {"a", "web-1", "9_x.y"}) EXPECT_TRUE(is_instance_name(good)) << good;
  for (const char* bad : {"", "-a", ".a", "a/b", "a,b", "a b", "\xc3\xa4"}) {
    EXPECT_FALSE(is_instance_name(bad)) << bad;
  }
  EXPECT_TRUE(is_instance_name(std::string(63, 'x')));
  EXPECT_FALSE(is_instance_name(std::string(64, 'x')));
}

TEST(InstanceText, ComesBackWithCommasInTheCommand) {
  const auto instance = parse_instance(to_text({"web", 1'700'000'000, "sh -c a,b"}));
  ASSERT_TRUE(instance.has_value());
  EXPECT_EQ(instance->name, "web");
  EXPECT_EQ(instance->started, 1'700'000'000);
  EXPECT_EQ(instance->command, "sh -c a,b");
}

TEST(InstanceText, ALongCommandIsCutShort) {
  const auto instance = parse_instance(to_text({"", 0, std::string(5000, 'x')}));
  ASSERT_TRUE(instance.has_value());
  EXPECT_EQ(instance->command, std::string(400, 'x'));
}

TEST(InstanceText, NonsenseIsRefused) {
  for (const char* bad : {"", "web", "web,1", "web,x,c", "web,1x,c", "web,,c", "a/b,1,c"}) {
    EXPECT_FALSE(parse_instance(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace nsrun
