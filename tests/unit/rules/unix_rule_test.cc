// SPDX-License-Identifier: Apache-2.0
#include "rules/unix_rule.hh"

#include <gtest/gtest.h>

#include "rules/auto_rule.hh"
#include "rules/host_port.hh"

namespace nsrun::rules {
namespace {

TEST(UnixRule, IsAPathAndAPortOfTheGuest) {
  const UnixRule web{"/run/user/1000/web.sock", 80};
  EXPECT_EQ(parse_unix_rule("unix:/run/user/1000/web.sock:80").value(), web);
  EXPECT_EQ(parse_unix_rule("unix:/run/user/1000/web.sock:80/tcp").value(), web);
  EXPECT_EQ(parse_unix_rule("unix:web.sock:65535").value(), (UnixRule{"web.sock", 65535}));
  EXPECT_EQ(parse_unix_rule("unix:/run/a:b-c/x:1").value(), (UnixRule{"/run/a:b-c/x", 1}));
  EXPECT_EQ(parse_unix_rule("unix:" + std::string(107, 'x') + ":80").value().path.size(), 107u);
}

TEST(UnixRule, CanBeWrittenAndReadAgain) {
  for (const char* text : {"unix:/run/web.sock:80", "unix:unix:x:8:80", "unix:/a/80:1"}) {
    EXPECT_EQ(parse_unix_rule(text).value().to_string(), text);
  }
}

TEST(UnixRule, MistakesNameTheRule) {
  for (const std::string& text :
       {std::string("unix:"), std::string("unix:/x"), std::string("unix:80"), std::string("/x:80"),
        std::string("unix::80"), std::string("unix:/x:0"), std::string("unix:/x:65536"),
        std::string("unix:/x:http"), std::string("unix:/x:80-81"), std::string("unix:/x:80/udp"),
        std::string("unix:/x:80/sctp"), std::string("unix:@x:80"), std::string("unix:/a\0b:80", 12),
        "unix:" + std::string(108, 'x') + ":80"}) {
    const auto rule = parse_unix_rule(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_NE(rule.error().find(text), std::string::npos) << rule.error();
  }
}

TEST(UnixRule, IsToldFromOtherRules) {
  std::vector<PortRule> ports;
  std::vector<AutoRule> automatic;
  std::vector<UnixRule> sockets;
  for (const char* text : {"80", "unix:/run/auto/x:80", "auto"}) {
    EXPECT_FALSE(read_publish_rule(text, ports, automatic, sockets)) << text;
  }
  for (const char* text : {"unix:/run/db:5432", "5432"}) {
    EXPECT_FALSE(read_host_rule(text, ports, sockets)) << text;
  }
  EXPECT_EQ(ports.size(), 2u);
  EXPECT_EQ(automatic.size(), 1u);
  EXPECT_EQ(sockets, (std::vector<UnixRule>{{"/run/auto/x", 80}, {"/run/db", 5432}}));
  EXPECT_TRUE(read_publish_rule("unix:/x", ports, automatic, sockets));
  EXPECT_TRUE(read_host_rule("unix:/x", ports, sockets));
}

}  // namespace
}  // namespace nsrun::rules
