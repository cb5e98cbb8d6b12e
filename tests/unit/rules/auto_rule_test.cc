// SPDX-License-Identifier: Apache-2.0
#include "rules/auto_rule.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

using wire::Transport;

AutoRule rule(std::string_view text) { return parse_auto_rule(text).value(); }

TEST(AutoRule, ReadsAndWritesEveryForm) {
  const auto loopback = wire::IpAddress::parse("::1");
  struct Case {
    const char* text;
    AutoRule rule;
  };
  const Case cases[] = {
      {"auto", {{}, {}, {}, {}}},
      {"auto/tcp", {Transport::kTcp, {}, {}, {}}},
      {"auto/udp", {Transport::kUdp, {}, {}, {}}},
      {"auto:3000", {{}, {}, {{3000, 3000}}, {}}},
      {"auto:8000-9000", {{}, {}, {{8000, 9000}}, {}}},
      {"auto:80,8000-9000,~8080,~8090-8099",
       {{}, {}, {{80, 80}, {8000, 9000}}, {{8080, 8080}, {8090, 8099}}}},
      {"auto:~5000", {{}, {}, {}, {{5000, 5000}}}},
      {"0.0.0.0:auto", {{}, wire::kAnyV4, {}, {}}},
      {"[::1]:auto:3000,~3001/tcp", {Transport::kTcp, loopback, {{3000, 3000}}, {{3001, 3001}}}},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_TRUE(is_auto_rule(text));
    const auto parsed = parse_auto_rule(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error();
    EXPECT_EQ(*parsed, expected) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
}

TEST(AutoRule, RulesWithPortsAreNone) {
  for (const char* text : {"", "80", "8080:80", "[fd00::a]:80:80/udp", "127.0.0.1:80:80/tcp"}) {
    EXPECT_FALSE(is_auto_rule(text)) << text;
  }
}

TEST(AutoRule, ErrorsNameThePartAndWhatIsExpected) {
  struct Case {
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"auto:", "invalid port \"\" in \"auto:\": expected 1-65535"},
      {"auto:80,", "invalid port \"\" in \"auto:80,\": expected 1-65535"},
      {"auto:~", "invalid port \"\" in \"auto:~\": expected 1-65535"},
      {"auto:!80", "invalid port \"!80\" in \"auto:!80\": expected 1-65535"},
      {"auto:9-8", "invalid range \"9-8\" in \"auto:9-8\": expected the lower port first"},
      {"auto/sctp", "invalid protocol \"sctp\" in \"auto/sctp\": expected tcp or udp"},
      {"localhost:auto",
       "invalid address \"localhost\" in \"localhost:auto\": expected an IPv4 address, or an IPv6 "
       "address in brackets"},
      {"::1:auto",
       "invalid address \"::1\" in \"::1:auto\": expected an IPv4 address, or an IPv6 address in "
       "brackets"},
      {"automatic",
       "invalid port rule \"automatic\": expected [ADDRESS:]auto[:PORTS][/tcp|/udp], PORTS as "
       "3000,8000-9000,~8080, an IPv6 address in brackets"},
      {"8080auto",
       "invalid port rule \"8080auto\": expected [ADDRESS:]auto[:PORTS][/tcp|/udp], PORTS as "
       "3000,8000-9000,~8080, an IPv6 address in brackets"},
  };
  for (const auto& [text, error] : cases) {
    const auto parsed = parse_auto_rule(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), error);
  }
}

TEST(AutoRule, CoversUnprivilegedPortsUnlessOthersAreNamed) {
  EXPECT_FALSE(rule("auto").covers(Transport::kTcp, 1023));
  EXPECT_TRUE(rule("auto").covers(Transport::kUdp, 1024));
  EXPECT_TRUE(rule("auto").covers(Transport::kTcp, 65535));
  EXPECT_TRUE(rule("auto:80").covers(Transport::kTcp, 80));
  EXPECT_FALSE(rule("auto:80").covers(Transport::kTcp, 8080));
  EXPECT_FALSE(rule("auto/tcp").covers(Transport::kUdp, 8080));
}

TEST(AutoRule, WhatIsLeftOutIsNotCovered) {
  EXPECT_FALSE(rule("auto:~8080").covers(Transport::kTcp, 8080));
  EXPECT_TRUE(rule("auto:~8080").covers(Transport::kTcp, 8081));
  EXPECT_FALSE(rule("auto:~8080").covers(Transport::kTcp, 80));
  EXPECT_FALSE(rule("auto:8000-9000,~8080-8089").covers(Transport::kTcp, 8089));
  EXPECT_TRUE(rule("auto:8000-9000,~8080-8089").covers(Transport::kTcp, 8090));
}

}  // namespace
}  // namespace nsrun::rules
