// SPDX-License-Identifier: Apache-2.0
#include "launcher/profile_options.hh"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "launcher/options.hh"

namespace nsrun::launcher {
namespace {

using Words = std::vector<std::string>;

const std::map<std::string, std::string> kProfiles{
    {"web",
     "# a server\npublish = [\"8080:80\", \"[::1]:8443:443\"] # two\nmtu = 1400\nmap-root = "
     "true\n"},
    {"names", "dns = \"9.9.9.9\"\nname = 'first'\npublish = \"53:53/udp\"\nno-new-privs = false"},
    {"section", "[network]\nmtu = 1400\n"},
    {"odd", "colour = \"red\"\n"},
    {"low", "mtu = 12\n"},
    {"nested", "profile = \"web\"\n"},
    {"helpful", "help = true\n"},
    {"mute", "mtu =\n"}};

base::Result<Invocation> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "netns-run");
  return parse_options(static_cast<int>(words.size()), words.data(), [](const std::string& name) {
    return base::Result<std::string>(kProfiles.at(name));
  });
}

std::string shown(std::vector<const char*> words) {
  words.push_back("--print-config");
  const auto invocation = parse(std::move(words));
  EXPECT_TRUE(invocation.ok()) << (invocation.ok() ? "" : invocation.error());
  return invocation.ok() ? std::get<ShowConfig>(*invocation).text : "";
}

std::string complaint(std::vector<const char*> words) {
  const auto invocation = parse(std::move(words));
  EXPECT_FALSE(invocation.ok());
  return invocation.ok() ? "" : invocation.error();
}

TEST(Profile, IsAsIfItsOptionsStoodInFront) {
  const auto invocation = parse({"--profile", "web", "-p", "9000", "--mtu=2000", "--", "x", "-q"});
  ASSERT_TRUE(invocation.ok()) << invocation.error();
  const Options& options = std::get<Options>(*invocation);
  Words rules;
  for (const auto& rule : options.publish) rules.push_back(rule.to_string());
  EXPECT_EQ(rules, (Words{"8080:80/tcp", "[::1]:8443:443/tcp", "9000:9000/tcp"}));
  EXPECT_EQ(options.mtu, 2000U);
  EXPECT_TRUE(options.map_root);
  EXPECT_EQ(options.command, (Words{"x", "-q"}));
}

TEST(Profile, AFlagCanBeTakenBack) {
  const auto invocation = parse({"--profile=web", "--map-root=false", "x"});
  ASSERT_TRUE(invocation.ok()) << invocation.error();
  EXPECT_FALSE(std::get<Options>(*invocation).map_root);
}

TEST(Profile, SeveralCountInTheirOrder) {
  EXPECT_EQ(shown({"--profile=names", "--profile=web", "--name", "last"}),
            "publish = [\"53:53/udp\", \"8080:80\", \"[::1]:8443:443\"]\n"
            "map-root = true\n"
            "no-new-privs = false\n"
            "mtu = \"1400\"\n"
            "dns = \"9.9.9.9\"\n"
            "name = \"last\"\n");
}

TEST(Profile, WhatIsPrintedIsReadBack) {
  for (const char* value :
       {"a b", "say \"so\"", "it's", "[::1]:80:80", "a,b", "true", "-x", "1e3"}) {
    const auto words = profile_words(profile_line("name", {value}));
    ASSERT_TRUE(words.ok()) << value;
    EXPECT_EQ(*words, Words{std::string("--name=") + value});
  }
  const auto words = profile_words(profile_line("dns", {"::1", "9.9.9.9"}));
  ASSERT_TRUE(words.ok());
  EXPECT_EQ(*words, (Words{"--dns=::1", "--dns=9.9.9.9"}));
}

TEST(Profile, MistakesNameTheProfile) {
  EXPECT_EQ(complaint({"--profile=section", "x"}),
            "--profile \"section\": [network]: a profile has no sections");
  EXPECT_EQ(complaint({"--profile=odd", "x"}), "--profile \"odd\": unknown option --colour=red");
  EXPECT_EQ(complaint({"--profile=nested", "x"}),
            "--profile \"nested\": profile belongs on the command line");
  EXPECT_EQ(complaint({"--profile=helpful", "x"}),
            "--profile \"helpful\": help belongs on the command line");
  EXPECT_EQ(complaint({"--profile=mute", "x"}), "--profile \"mute\": --mtu needs a value");
  EXPECT_EQ(complaint({"--profile=low", "x"}), "--mtu \"12\": expected a number from 68 to 65521");
}

TEST(Profile, LiesInTheUsersConfiguration) {
  ::setenv("HOME", "/home/u", 1);
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  EXPECT_EQ(*profile_path("web"), "/home/u/.config/netns-run/web.toml");
  ::setenv("XDG_CONFIG_HOME", "/conf", 1);
  EXPECT_EQ(*profile_path("web"), "/conf/netns-run/web.toml");
  EXPECT_EQ(*profile_path("./web"), "./web");
  ::unsetenv("XDG_CONFIG_HOME");
  ::unsetenv("HOME");
  EXPECT_EQ(profile_path("web").error(), "neither XDG_CONFIG_HOME nor HOME is set");
  EXPECT_EQ(*profile_path("/etc/x.toml"), "/etc/x.toml");
}

}  // namespace
}  // namespace nsrun::launcher
