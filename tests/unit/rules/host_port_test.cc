// SPDX-License-Identifier: Apache-2.0
#include "rules/host_port.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

TEST(HostPort, IsWrittenAsAPublishedPort) {
  for (const char* text : {"5432", "5432:15432", "8000-8010:9000-9010", "192.0.2.1:80:8080",
                           "127.0.0.1:80:8080", "[2001:db8::1]:80:8080", "80/tcp"}) {
    const auto rule = parse_host_port(text);
    ASSERT_TRUE(rule) << rule.error();
    EXPECT_EQ(*rule, parse_port_rule(text).value()) << text;
    EXPECT_EQ(*parse_host_port(rule->to_string()), *rule) << text;
  }
}

TEST(HostPort, TheErrorNamesTheRule) {
  for (const char* text : {"", "0", "5432:0", "70000", "80/udp", "0.0.0.0:80:80", "[::]:80:80",
                           "localhost:80:80", "192.0.2.1:80", "1-2:3"}) {
    const auto rule = parse_host_port(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_NE(rule.error().find(text), std::string::npos) << rule.error();
  }
}

}  // namespace
}  // namespace nsrun::rules
