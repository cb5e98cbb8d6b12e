// SPDX-License-Identifier: Apache-2.0
#include "rules/resolv_conf.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

TEST(ResolvConf, KeepsServersInOrderSearchAndOptions) {
  const ResolvConf conf = parse_resolv_conf(
      "# made by a tool\n"
      "nameserver 192.168.1.1\n"
      "nameserver\t2001:db8::53 \n"
      "search example.org  corp.example.org\n"
      "options ndots:2 edns0\n"
      "options trust-ad\n"
      "sortlist 130.155.160.0\n");
  const ResolvConf expected = {{ip("192.168.1.1"), ip("2001:db8::53")},
                               {"example.org", "corp.example.org"},
                               {"ndots:2", "edns0", "trust-ad"}};
  EXPECT_EQ(conf, expected);
}

TEST(ResolvConf, LastOfSearchAndDomainWins) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(parse_resolv_conf("search a b\nsearch c\n").search, Words({"c"}));
  EXPECT_EQ(parse_resolv_conf("search a b\ndomain c\n").search, Words({"c"}));
  EXPECT_EQ(parse_resolv_conf("domain c\nsearch a b\n").search, Words({"a", "b"}));
  EXPECT_EQ(parse_resolv_conf("domain c ignored\n").search, Words({"c"}));
}

TEST(ResolvConf, TakesServersInEverySpellingThatTheManualAllows) {
  struct Case {
    const char* text;
    std::vector<wire::IpAddress> servers;
  };
  const Case cases[] = {
      {"nameserver 127.0.0.53", {ip("127.0.0.53")}},
      {"nameserver 1.1.1.1\r\n", {ip("1.1.1.1")}},
      {"nameserver 1.1.1.1 # home\n", {ip("1.1.1.1")}},
      {"nameserver fe80::1%eth0\n", {ip("fe80::1")}},
      {"nameserver 1.1.1.1\nnameserver 1.1.1.1\n", {ip("1.1.1.1"), ip("1.1.1.1")}},
      {"", {}},
      {"\n\n\r\n", {}},
      {"nameserver", {}},
      {"nameserver \n", {}},
      {"nameserver dns.example.org\nnameserver 9.9.9.9\n", {ip("9.9.9.9")}},
      {"nameserver 1.1.1\n", {}},
      {"nameserver 1.1.1.1:53\n", {}},
      {" nameserver 1.1.1.1\n", {}},
      {"#nameserver 1.1.1.1\n", {}},
      {";nameserver 1.1.1.1\n", {}},
      {"# nameserver 1.1.1.1\n", {}},
      {"nameservers 1.1.1.1\n", {}},
      {"NAMESERVER 1.1.1.1\n", {}},
  };
  for (const auto& [text, servers] : cases)
    EXPECT_EQ(parse_resolv_conf(text).servers, servers) << text;
}

TEST(ResolvConf, BytesThatAreNoTextAreLeftOut) {
  const std::string_view text("\0\xff\n\0 nameserver\nnameserver \xff\nnameserver 1.1.1.1\0\n", 50);
  EXPECT_TRUE(parse_resolv_conf(text).options.empty());
  EXPECT_TRUE(parse_resolv_conf(text).search.empty());
}

TEST(ResolvConf, FormatAndParseAgree) {
  const ResolvConf conf = {{ip("10.0.2.3"), ip("fd00::3")}, {"a.example", "b.example"}, {"rotate"}};
  const std::string text =
      "nameserver 10.0.2.3\nnameserver fd00::3\nsearch a.example b.example\noptions rotate\n";
  EXPECT_EQ(format_resolv_conf(conf), text);
  EXPECT_EQ(parse_resolv_conf(text), conf);
  EXPECT_EQ(format_resolv_conf({}), "");
}

TEST(ResolvConf, TheGuestAsksThePlansAddressesWithTheHostsSearch) {
  const ResolvConf host = {{ip("127.0.0.53"), ip("192.168.1.1")}, {"example.org"}, {"edns0"}};
  const auto both = make_network_plan(kDefaultCidr, kDefaultCidr6);
  EXPECT_EQ(format_resolv_conf(resolv_conf_for_guest(host, *both)),
            "nameserver 10.0.2.3\nnameserver fd00::3\nsearch example.org\noptions edns0\n");
  const auto v4_only = make_network_plan("10.9.0.0/16", "");
  EXPECT_EQ(format_resolv_conf(resolv_conf_for_guest({}, *v4_only)), "nameserver 10.9.0.3\n");
}

}  // namespace
}  // namespace nsrun::rules
