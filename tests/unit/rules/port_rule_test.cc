// SPDX-License-Identifier: Apache-2.0
#include "rules/port_rule.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

using wire::Transport;

wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

TEST(PortRule, AcceptsDockersSyntax) {
  struct Case {
    const char* text;
    PortRule rule;
    const char* canonical;
  };
  const Case cases[] = {
      {"80", {Transport::kTcp, {}, 80, 80, 1}, "80:80/tcp"},
      {"8080:80", {Transport::kTcp, {}, 8080, 80, 1}, "8080:80/tcp"},
      {"8080:80/tcp", {Transport::kTcp, {}, 8080, 80, 1}, "8080:80/tcp"},
      {"53:53/udp", {Transport::kUdp, {}, 53, 53, 1}, "53:53/udp"},
      {"53/udp", {Transport::kUdp, {}, 53, 53, 1}, "53:53/udp"},
      {"127.0.0.1:8080:80",
       {Transport::kTcp, ip("127.0.0.1"), 8080, 80, 1},
       "127.0.0.1:8080:80/tcp"},
      {"0.0.0.0:8080:80", {Transport::kTcp, ip("0.0.0.0"), 8080, 80, 1}, "0.0.0.0:8080:80/tcp"},
      {"[::1]:8080:80/tcp", {Transport::kTcp, ip("::1"), 8080, 80, 1}, "[::1]:8080:80/tcp"},
      {"[::]:53:53/udp", {Transport::kUdp, ip("::"), 53, 53, 1}, "[::]:53:53/udp"},
      {"8000-8010:9000-9010", {Transport::kTcp, {}, 8000, 9000, 11}, "8000-8010:9000-9010/tcp"},
      {"8000-8010", {Transport::kTcp, {}, 8000, 8000, 11}, "8000-8010:8000-8010/tcp"},
      {"7-7:8", {Transport::kTcp, {}, 7, 8, 1}, "7:8/tcp"},
      {"[fd00::5]:1-65535:1-65535/udp",
       {Transport::kUdp, ip("fd00::5"), 1, 1, 65535},
       "[fd00::5]:1-65535:1-65535/udp"},
      {"1:65535", {Transport::kTcp, {}, 1, 65535, 1}, "1:65535/tcp"},
  };
  for (const auto& [text, rule, canonical] : cases) {
    const auto parsed = parse_port_rule(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error();
    EXPECT_EQ(*parsed, rule) << text;
    EXPECT_EQ(parsed->to_string(), canonical);
    EXPECT_EQ(*parse_port_rule(canonical), rule) << canonical;
  }
}

TEST(PortRule, ErrorsNameThePartAndWhatIsExpected) {
  struct Case {
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"", "invalid port \"\" in \"\": expected 1-65535"},
      {"99999:80", "invalid port \"99999\" in \"99999:80\": expected 1-65535"},
      {"65536:80", "invalid port \"65536\" in \"65536:80\": expected 1-65535"},
      {"0:80", "invalid port \"0\" in \"0:80\": expected 1-65535"},
      {"80:0", "invalid port \"0\" in \"80:0\": expected 1-65535"},
      {"80:", "invalid port \"\" in \"80:\": expected 1-65535"},
      {":80", "invalid port \"\" in \":80\": expected 1-65535"},
      {"-1:80", "invalid port \"\" in \"-1:80\": expected 1-65535"},
      {"+1:80", "invalid port \"+1\" in \"+1:80\": expected 1-65535"},
      {" 80:80", "invalid port \" 80\" in \" 80:80\": expected 1-65535"},
      {"80:http", "invalid port \"http\" in \"80:http\": expected 1-65535"},
      {"0x50:80", "invalid port \"0x50\" in \"0x50:80\": expected 1-65535"},
      {"80-:80", "invalid port \"\" in \"80-:80\": expected 1-65535"},
      {"1-2-3:1-3", "invalid port \"2-3\" in \"1-2-3:1-3\": expected 1-65535"},
      {"9-8:1-2", "invalid range \"9-8\" in \"9-8:1-2\": expected the lower port first"},
      {"8000-8010:9000-9005",
       "ranges of different length in \"8000-8010:9000-9005\": 11 host ports, 6 guest ports"},
      {"8000-8010:80",
       "ranges of different length in \"8000-8010:80\": 11 host ports, 1 guest ports"},
      {"80:80/sctp", "invalid protocol \"sctp\" in \"80:80/sctp\": expected tcp or udp"},
      {"80:80/", "invalid protocol \"\" in \"80:80/\": expected tcp or udp"},
      {"80/tcp:80", "invalid protocol \"tcp:80\" in \"80/tcp:80\": expected tcp or udp"},
      {"localhost:80:80",
       "invalid address \"localhost\" in \"localhost:80:80\": expected an IPv4 address, or an IPv6 "
       "address in brackets"},
      {"::1:8080:80",
       "invalid address \"\" in \"::1:8080:80\": expected an IPv4 address, or an IPv6 address in "
       "brackets"},
      {"[127.0.0.1]:80:80",
       "invalid address \"127.0.0.1\" in \"[127.0.0.1]:80:80\": expected an IPv4 address, or an "
       "IPv6 address in brackets"},
      {"[fe80::1%eth0]:80:80",
       "invalid address \"fe80::1%eth0\" in \"[fe80::1%eth0]:80:80\": a link-local one would need "
       "its interface, which a rule cannot name; expected another one, or none for all of them"},
      {"[fe80::1]:80:80",
       "invalid address \"fe80::1\" in \"[fe80::1]:80:80\": a link-local one would need its "
       "interface, which a rule cannot name; expected another one, or none for all of them"},
      {"[fd00::1%eth0]:80:80",
       "invalid address \"fd00::1%eth0\" in \"[fd00::1%eth0]:80:80\": expected an IPv4 address, or "
       "an IPv6 address in brackets"},
      {"127.0.0.1%lo:80:80",
       "invalid address \"127.0.0.1%lo\" in \"127.0.0.1%lo:80:80\": expected an IPv4 address, or "
       "an "
       "IPv6 address in brackets"},
      {"255.255.255.255:80:80",
       "invalid address \"255.255.255.255\" in \"255.255.255.255:80:80\": expected one of this "
       "host's, not multicast or broadcast"},
      {"224.0.0.1:80:80/udp",
       "invalid address \"224.0.0.1\" in \"224.0.0.1:80:80/udp\": expected one of this host's, not "
       "multicast or broadcast"},
      {"[ff02::1]:80:80",
       "invalid address \"ff02::1\" in \"[ff02::1]:80:80\": expected one of this host's, not "
       "multicast or broadcast"},
      {"300.0.0.1:80:80",
       "invalid address \"300.0.0.1\" in \"300.0.0.1:80:80\": expected an IPv4 address, or an IPv6 "
       "address in brackets"},
      {"127.0.0.1:80",
       "only one port in \"127.0.0.1:80\": an address needs both, as in 127.0.0.1:80:80"},
      {"[::1]:80/udp",
       "only one port in \"[::1]:80/udp\": an address needs both, as in [::1]:80:80"},
      {"[::1]",
       "invalid port rule \"[::1]\": expected [[ADDRESS:]HOST_PORT:]GUEST_PORT[/tcp|/udp], an "
       "IPv6 address in brackets"},
      {"1.2.3.4:5:6:7", "invalid port \"6:7\" in \"1.2.3.4:5:6:7\": expected 1-65535"},
  };
  for (const auto& [text, error] : cases) {
    const auto parsed = parse_port_rule(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), error);
  }
}

TEST(PortRule, WithoutAddressEachPortIsBoundInBothFamilies) {
  const std::vector<PortForward> forwards = parse_port_rule("8000-8001:80-81")->expand(true);
  const std::vector<PortForward> expected = {
      {Transport::kTcp, {wire::kAnyV4, 8000}, {wire::kAnyV4, 80}},
      {Transport::kTcp, {wire::kAnyV6, 8000}, {wire::kAnyV6, 80}},
      {Transport::kTcp, {wire::kAnyV4, 8001}, {wire::kAnyV4, 81}},
      {Transport::kTcp, {wire::kAnyV6, 8001}, {wire::kAnyV6, 81}},
  };
  EXPECT_EQ(forwards, expected);
}

TEST(PortRule, WithoutAddressAndV6OnlyIpv4IsBound) {
  const std::vector<PortForward> expected = {
      {Transport::kUdp, {wire::kAnyV4, 53}, {wire::kAnyV4, 53}}};
  EXPECT_EQ(parse_port_rule("53/udp")->expand(false), expected);
}

TEST(PortRule, AnAddressIsBoundAlone) {
  const std::vector<PortForward> v4 = {{Transport::kTcp, {ip("127.0.0.1"), 8}, {wire::kAnyV4, 9}}};
  EXPECT_EQ(parse_port_rule("127.0.0.1:8:9")->expand(true), v4);
  const std::vector<PortForward> v6 = {{Transport::kTcp, {ip("::1"), 8}, {wire::kAnyV6, 9}}};
  EXPECT_EQ(parse_port_rule("[::1]:8:9")->expand(false), v6);
}

TEST(PortRule, TheLastPortsOfARangeDoNotWrap) {
  const std::vector<PortForward> forwards = parse_port_rule("65534-65535")->expand(false);
  ASSERT_EQ(forwards.size(), 2U);
  EXPECT_EQ(forwards[1].host.port, 65535);
  EXPECT_EQ(parse_port_rule("1-65535")->expand(true).size(), 2U * 65535U);
}

TEST(PortForward, ReadsAsASentence) {
  const PortForward tcp{Transport::kTcp, {ip("127.0.0.1"), 8080}, {ip("10.0.2.100"), 80}};
  EXPECT_EQ(tcp.to_string(), "tcp 127.0.0.1:8080 -> 10.0.2.100:80");
  const PortForward udp{Transport::kUdp, {ip("::"), 53}, {ip("fd00::100"), 53}};
  EXPECT_EQ(udp.to_string(), "udp [::]:53 -> [fd00::100]:53");
}

}  // namespace
}  // namespace nsrun::rules
