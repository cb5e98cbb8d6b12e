// SPDX-License-Identifier: Apache-2.0
#include "rules/resolv_conf.hh"

#include <gtest/gtest.h>

namespace nsrun::rules {
namespace {

NameServer server(std::string_view address, std::string zone = "") {
  return {wire::IpAddress::parse(address).value(), std::move(zone)};
}

TEST(ResolvConf, KeepsServersInOrderSearchAndOptions) {
  const ResolvConf conf = parse_resolv_conf(
      "# made by a tool\n"
      "nameserver 192.168.1.1\n"
      "nameserver\t2001:db8::53 \n"
      "search example.org  corp.example.org\n"
      "options ndots:2 edns0\n"
      "options trust-ad\n"
      "sortlist 130.155.160.0\n");
  const ResolvConf expected = {{server("192.168.1.1"), server("2001:db8::53")},
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
    std::vector<NameServer> servers;
  };
  const Case cases[] = {
      {"nameserver 127.0.0.53", {server("127.0.0.53")}},
      {"nameserver 1.1.1.1\r\n", {server("1.1.1.1")}},
      {"nameserver 1.1.1.1 # home\n", {server("1.1.1.1")}},
      {"nameserver fe80::1%eth0\n", {server("fe80::1", "eth0")}},
      {"nameserver fe80::1%25%2\n", {server("fe80::1", "25%2")}},
      {"nameserver fe80::1%\n", {server("fe80::1")}},
      {"nameserver %eth0\n", {}},
      {"nameserver 1.1.1.1\nnameserver 1.1.1.1\n", {server("1.1.1.1"), server("1.1.1.1")}},
      {"", {}},
      {"\n\n\r\n", {}},
      {"nameserver", {}},
      {"nameserver \n", {}},
      {"nameserver dns.example.org\nnameserver 9.9.9.9\n", {server("9.9.9.9")}},
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
  const ResolvConf conf = {
      {server("10.0.2.3"), server("fe80::3", "eth0")}, {"a.example", "b.example"}, {"rotate"}};
  const std::string text =
      "nameserver 10.0.2.3\nnameserver fe80::3%eth0\nsearch a.example b.example\noptions rotate\n";
  EXPECT_EQ(format_resolv_conf(conf), text);
  EXPECT_EQ(parse_resolv_conf(text), conf);
  EXPECT_EQ(format_resolv_conf({}), "");
}

TEST(ResolvConf, AZoneIsTheNumberOrTheNameOfAnInterface) {
  // cat /proc/net/if_inet6
  const std::string_view known =
      "00000000000000000000000000000001 01 80 10 80       lo\n"
      "fe80000000000000a8bbccfffe000001 1f 40 20 80     eth0\n"
      "20010db8000000000000000000000001 1f 40 00 80     eth0\n"
      "fe80000000000000a8bbccfffe000002 20 40 20 80    eth01\n";
  EXPECT_EQ(interface_of_zone("eth0", known), 31U);
  EXPECT_EQ(interface_of_zone("eth01", known), 32U);
  EXPECT_EQ(interface_of_zone("2", known), 2U);
  EXPECT_EQ(interface_of_zone("2", ""), 2U);
  for (const char* nothing : {"", "eth", "eth1", "-1", "0x1f", "4294967296", " 2"}) {
    EXPECT_EQ(interface_of_zone(nothing, known), 0U) << nothing;
  }
  EXPECT_EQ(interface_of_zone("eth0", "fe80 eth0\nfe80 xx 40 20 80 eth0\n"), 0U);
}

TEST(ResolvConf, TheGuestAsksThePlansAddressesWithTheHostsSearch) {
  const ResolvConf host = {
      {server("127.0.0.53"), server("192.168.1.1")}, {"example.org"}, {"edns0"}};
  const auto both = make_network_plan(kDefaultCidr, kDefaultCidr6);
  EXPECT_EQ(format_resolv_conf(resolv_conf_for_guest(host, *both)),
            "nameserver 10.0.2.3\nnameserver fd00::3\nsearch example.org\noptions edns0\n");
  const auto v4_only = make_network_plan("10.9.0.0/16", "");
  EXPECT_EQ(format_resolv_conf(resolv_conf_for_guest({}, *v4_only)), "nameserver 10.9.0.3\n");
}

}  // namespace
}  // namespace nsrun::rules
