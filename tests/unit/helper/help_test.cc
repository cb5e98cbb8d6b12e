// SPDX-License-Identifier: Apache-2.0
//
// Callers learn what a helper can do from the texts of --help and --version.
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "helper/options.hh"
#include "helper/version.hh"

namespace nsrun::helper {
namespace {

// As "grep -qw" finds it.
bool has_word(const std::string& option) {
  return std::regex_search(std::string(help_text()), std::regex("(^|\\W)" + option + "(\\W|$)"));
}

TEST(Help, DockerdRootlessLooksForNetnsType) { EXPECT_TRUE(has_word("--netns-type")); }

TEST(Help, RootlessKitLooksForTheseOptions) {
  for (const char* option : {"--netns-type", "--enable-ipv6", "--cidr", "--disable-host-loopback",
                             "--api-socket", "--enable-sandbox", "--enable-seccomp"}) {
    EXPECT_TRUE(has_word(option)) << option;
  }
}

TEST(Help, PodmanLooksForTheseOptions) {
  for (const char* option :
       {"--disable-host-loopback", "--mtu", "--enable-ipv6", "--cidr", "--enable-sandbox",
        "--enable-seccomp", "--netns-type", "--outbound-addr"}) {
    EXPECT_TRUE(has_word(option)) << option;
  }
}

TEST(Help, EveryOptionThatItNamesIsUnderstood) {
  const std::string text(help_text());
  const std::regex option("^(?:-., )?(--[a-z0-9-]+)", std::regex::multiline);
  int count = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), option), end; it != end; ++it, ++count) {
    const std::string name = (*it)[1];
    const auto invocation = parse_options({name});
    if (!invocation) {
      EXPECT_EQ(invocation.error().find("unknown option"), std::string::npos) << name;
    }
  }
  EXPECT_EQ(count, 35);
}

TEST(Version, HasTheLinesThatCallersParse) {
  const std::regex shape(
      "slirp4netns version [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n"
      "commit: \\S+\n"
      "libslirp: [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n"
      "SLIRP_CONFIG_VERSION_MAX: [0-9]+\n"
      "libseccomp: [0-9]+\\.[0-9]+\\.[0-9]+\n");
  EXPECT_TRUE(std::regex_match(version_text(), shape)) << version_text();
}

}  // namespace
}  // namespace nsrun::helper
