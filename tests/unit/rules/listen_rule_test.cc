// SPDX-License-Identifier: Apache-2.0
#include "rules/listen_rule.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

TEST(ListenRule, IsADescriptorAndPerhapsAPort) {
  EXPECT_EQ(*parse_listen_rule("3"), (ListenRule{3, 0}));
  EXPECT_EQ(*parse_listen_rule("17:8080"), (ListenRule{17, 8080}));
  EXPECT_EQ(*parse_listen_rule("3:65535"), (ListenRule{3, 65535}));
}

TEST(ListenRule, TheErrorNamesTheText) {
  for (const char* text : {"", ":80", "x", "-1", "2", "0:80", "3 ", "99999999999"}) {
    const auto rule = parse_listen_rule(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error(),
              '"' + std::string(text) + "\": expected FD or FD:PORT, FD an open descriptor from 3");
  }
  for (const char* text : {"3:", "3:0", "3:65536", "3:http", "3:80:80"}) {
    const auto rule = parse_listen_rule(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error(),
              '"' + std::string(text) + "\": expected a port of 1-65535 after the colon");
  }
}

}  // namespace
}  // namespace nsrun::rules
