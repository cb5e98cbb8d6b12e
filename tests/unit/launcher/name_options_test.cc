// SPDX-License-Identifier: Apache-2.0
#include "launcher/name_options.hh"

#include <gtest/gtest.h>

namespace nsrun::launcher {
namespace {

using Words = std::vector<std::string>;

const rules::NetworkPlan& plan() {
  static const auto kMade = *rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6);
  return kMade;
}

std::string complaint(const NameWords& words, bool has_dns = true) {
  const auto made = make_name_options(words, has_dns, plan());
  return made.ok() ? "" : made.error();
}

TEST(NameOptions, WithoutWordsEverythingIsTheHosts) {
  const auto names = *make_name_options({}, true, plan());
  EXPECT_TRUE(names.servers.empty() && names.options.empty() && names.hosts.empty());
  EXPECT_FALSE(names.search);
}

TEST(NameOptions, ServersSearchAndOptionsKeepTheirOrder) {
  const auto names = *make_name_options({.servers = {"127.0.0.53", "::1", "[2001:db8::1]"},
                                         .search = {"b.test", "a.test"},
                                         .options = {"ndots:2", "edns0"}},
                                        true, plan());
  ASSERT_EQ(names.servers.size(), 3U);
  EXPECT_EQ(names.servers[0].to_string(), "127.0.0.53");
  EXPECT_EQ(names.servers[1].to_string(), "::1");
  EXPECT_EQ(names.servers[2].to_string(), "2001:db8::1");
  EXPECT_EQ(names.search, (Words{"b.test", "a.test"}));
  EXPECT_EQ(names.options, (Words{"ndots:2", "edns0"}));
}

TEST(NameOptions, ADotIsNoSearchDomain) {
  EXPECT_EQ(make_name_options({.search = {"."}}, true, plan())->search, Words{});
}

TEST(NameOptions, HostsInEveryFormOfDocker) {
  struct Case {
    const char* text;
    const char* name;
    const char* address;
  };
  for (const auto& [text, name, address] : {
           Case{"db:192.0.2.7", "db", "192.0.2.7"},
           Case{"db=192.0.2.7", "db", "192.0.2.7"},
           Case{"db:2001:db8::7", "db", "2001:db8::7"},
           Case{"db:[2001:db8::7]", "db", "2001:db8::7"},
           Case{"db=::1", "db", "::1"},
           Case{"host.docker.internal:host-gateway", "host.docker.internal", "10.0.2.2"},
       }) {
    const auto names = make_name_options({.hosts = {text}}, false, plan());
    ASSERT_TRUE(names.ok()) << text;
    ASSERT_EQ(names->hosts.size(), 1U);
    EXPECT_EQ(names->hosts[0].name, name) << text;
    EXPECT_EQ(names->hosts[0].address.to_string(), address) << text;
  }
}

TEST(NameOptions, MistakesNameOptionValueAndExpectation) {
  EXPECT_EQ(complaint({.servers = {"example.org"}}),
            "--dns \"example.org\": expected the IP address of a name server");
  for (const char* text : {"", "a b", "a\nnameserver 1.2.3.4", "a#b"}) {
    EXPECT_NE(complaint({.search = {text}}).find("expected a domain"), std::string::npos) << text;
    EXPECT_NE(complaint({.options = {text}}).find("resolv.conf(5)"), std::string::npos) << text;
  }
  for (const char* text : {"", "db", "db:", ":192.0.2.7", "db:other", "a b:192.0.2.7",
                           "db:192.0.2.7 x", "db:host-gateway2"}) {
    EXPECT_EQ(complaint({.hosts = {text}}), std::string("--add-host \"") + text +
                                                "\": expected name:address or name:host-gateway");
  }
}

TEST(NameOptions, WithoutDnsOnlyHostsAreOfUse) {
  EXPECT_EQ(complaint({.servers = {"::1"}}, false).rfind("--dns \"::1\": expected no --no-dns", 0),
            0U);
  EXPECT_EQ(complaint({.search = {"a"}}, false).rfind("--dns-search \"a\"", 0), 0U);
  EXPECT_EQ(complaint({.options = {"a"}}, false).rfind("--dns-option \"a\"", 0), 0U);
  EXPECT_EQ(complaint({.hosts = {"a:::1"}}, false), "");
}

}  // namespace
}  // namespace nsrun::launcher
