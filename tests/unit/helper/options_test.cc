// SPDX-License-Identifier: Apache-2.0
#include "helper/options.hh"

#include <gtest/gtest.h>

#include <initializer_list>

namespace nsrun::helper {
namespace {

using Arguments = std::vector<std::string>;

Options parsed(Arguments arguments) {
  base::Result<Invocation> invocation = parse_options(std::move(arguments));
  if (!invocation || !std::holds_alternative<Options>(*invocation)) {
    ADD_FAILURE() << (invocation ? "no run" : invocation.error());
    return {};
  }
  return std::get<Options>(*invocation);
}

std::string error_of(Arguments arguments) {
  const base::Result<Invocation> invocation = parse_options(std::move(arguments));
  return invocation ? "accepted" : invocation.error();
}

pid_t pid_of(const Options& options) { return std::get<TargetProcess>(options.target).pid; }

TEST(Options, DefaultsAreThoseOfSlirp4netns) {
  const Options options = parsed({"1234", "tap7"});
  EXPECT_EQ(pid_of(options), 1234);
  EXPECT_EQ(options.tap_name, "tap7");
  EXPECT_FALSE(options.configure);
  EXPECT_EQ(options.mtu, 1500u);
  EXPECT_EQ(options.plan.v4.to_string(), "10.0.2.0/24");
  EXPECT_FALSE(options.plan.has_v6);
  EXPECT_TRUE(options.allow_host_loopback);
  EXPECT_TRUE(options.allow_link_local);
  EXPECT_TRUE(options.has_dns);
  EXPECT_FALSE(options.exit_fd || options.ready_fd || options.mac);
  EXPECT_EQ(options.api_socket + options.outbound_address + options.outbound_address_v6, "");
  EXPECT_TRUE(options.warnings.empty());
}

TEST(Options, RootlessKitsCommandLine) {
  const Options options =
      parsed({"--mtu", "65520", "-r", "3", "--disable-host-loopback", "--cidr", "10.88.7.0/24",
              "--api-socket", "/state/.s4nn.sock", "--enable-sandbox", "--enable-seccomp",
              "--enable-ipv6", "4321", "tap0"});
  EXPECT_EQ(options.mtu, 65520u);
  EXPECT_EQ(options.ready_fd, 3);
  EXPECT_FALSE(options.allow_host_loopback);
  EXPECT_EQ(options.plan.guest_v4.to_string(), "10.88.7.100");
  EXPECT_EQ(options.plan.guest_v6.to_string(), "fd00::100");
  EXPECT_EQ(options.api_socket, "/state/.s4nn.sock");
  EXPECT_EQ(pid_of(options), 4321);
}

TEST(Options, OnlyNoSandboxLetsStagesBeMissing) {
  EXPECT_FALSE(parsed({"1234"}).may_lack_stages);
  EXPECT_FALSE(parsed({"--enable-sandbox", "--enable-seccomp", "1234"}).may_lack_stages);
  EXPECT_TRUE(parsed({"--no-sandbox", "1234"}).may_lack_stages);
}

TEST(Options, RootlessKitsDetachedNamespace) {
  const Options options = parsed(
      {"--userns-path=/proc/7/ns/user", "--netns-type=path", "/proc/7/root/run/netns", "tap0"});
  const auto& path = std::get<TargetPath>(options.target);
  EXPECT_EQ(path.network, "/proc/7/root/run/netns");
  EXPECT_EQ(path.user, "/proc/7/ns/user");
}

TEST(Options, PodmanRunsCommandLine) {
  const Options options =
      parsed({"--disable-host-loopback", "--mtu=65520", "--enable-sandbox", "--enable-seccomp",
              "--cidr=10.1.0.0/16", "--enable-ipv6", "--outbound-addr=eth0",
              "--outbound-addr6=fd01::2", "-c", "-e", "3", "-r", "4", "--api-socket", "/run/F.net",
              "--netns-type=path", "/run/user/1000/netns/netns-1", "tap0"});
  EXPECT_TRUE(options.configure);
  EXPECT_EQ(options.exit_fd, 3);
  EXPECT_EQ(options.ready_fd, 4);
  EXPECT_EQ(options.outbound_address, "eth0");
  EXPECT_EQ(options.outbound_address_v6, "fd01::2");
  EXPECT_EQ(std::get<TargetPath>(options.target).user, "");
}

TEST(Options, BuildahsCommandLine) {
  const Options options = parsed({"--mtu", "65520", "-r", "3", "-c", "99", "tap0"});
  EXPECT_EQ(pid_of(options), 99);
  EXPECT_TRUE(options.configure);
}

TEST(Options, EverySpellingMeansTheSame) {
  for (const Arguments& words : std::initializer_list<Arguments>{
           {"-c", "-6", "-m", "9000", "-e", "5", "-r", "6", "-a", "/s", "1", "t"},
           {"-c6", "-m9000", "-e5", "-r6", "-a/s", "1", "t"},
           {"1", "t", "--configure", "--enable-ipv6", "--mtu=9000", "--exit-fd=5", "--ready-fd=6",
            "--api-socket=/s"},
           {"--configure", "--enable-ipv6", "--mtu", "9000", "--exit-fd", "5", "1", "--ready-fd",
            "6", "t", "--api-socket", "/s"},
           {"-c", "-6", "-m", "9000", "-e", "5", "-r", "6", "-a", "/s", "--", "1", "t"}}) {
    const Options options = parsed(words);
    EXPECT_TRUE(options.configure && options.plan.has_v6);
    EXPECT_EQ(options.mtu, 9000u);
    EXPECT_EQ(options.exit_fd, 5);
    EXPECT_EQ(options.ready_fd, 6);
    EXPECT_EQ(options.api_socket, "/s");
    EXPECT_EQ(pid_of(options), 1);
    EXPECT_EQ(options.tap_name, "t");
  }
}

TEST(Options, TheLastOfARepeatedOptionCounts) {
  const Options options =
      parsed({"-m", "1400", "--mtu=1300", "--enable-sandbox", "--enable-sandbox", "1"});
  EXPECT_EQ(options.mtu, 1300u);
}

TEST(Options, DeprecatedNamesWorkWithAWarning) {
  const Options options = parsed({"--no-host-loopback", "--create-sandbox", "1", "tap0"});
  EXPECT_FALSE(options.allow_host_loopback);
  EXPECT_EQ(options.warnings.size(), 2u);
}

TEST(Options, ExtraPositionalArgumentsAreAWarningNotAnError) {
  EXPECT_EQ(parsed({"1", "tap0", "x", "y"}).warnings,
            (Arguments{"extra argument \"x\" is ignored", "extra argument \"y\" is ignored"}));
}

TEST(Options, TapFdBessAndLauncherAreTargetsToo) {
  EXPECT_EQ(std::get<TargetBess>(parsed({"--target-type=bess", "/x"}).target).path, "/x");
  EXPECT_EQ(std::get<TargetTapFd>(parsed({"--netns-type=tapfd", "7"}).target).number, 7);
  const Options options = parsed({"--launcher-fd=5", "--cidr6", "fd42::/64", "-p", "8080:80", "-p",
                                  "53:53/udp", "--deny-link-local", "--disable-host-loopback",
                                  "--tcp-engine=libslirp", "--verbose"});
  EXPECT_EQ(std::get<TargetLauncher>(options.target).socket_number, 5);
  EXPECT_EQ(options.plan.guest_v6.to_string(), "fd42::100");
  ASSERT_EQ(options.publish.size(), 2u);
  EXPECT_EQ(options.publish[1].to_string(), "53:53/udp");
  EXPECT_FALSE(options.allow_link_local);
  EXPECT_EQ(options.tcp_engine, TcpEngine::kLibslirp);
  EXPECT_EQ(options.lowest_shown, base::log::Level::kDebug);
  EXPECT_EQ(parsed({"1"}).lowest_shown, base::log::Level::kInfo);
  EXPECT_EQ(parsed({"--quiet", "1"}).lowest_shown, base::log::Level::kError);
}

TEST(Options, TheLauncherHasIpv6UnlessItSaysOtherwise) {
  EXPECT_TRUE(parsed({"--launcher-fd=5"}).plan.has_v6);
  EXPECT_FALSE(parsed({"--launcher-fd=5", "--disable-ipv6"}).plan.has_v6);
}

TEST(Options, MacAddressGoesWithConfigure) {
  EXPECT_EQ(parsed({"-c", "--macaddress=52:54:00:12:34:56", "1"}).mac->to_string(),
            "52:54:00:12:34:56");
  EXPECT_EQ(error_of({"--macaddress=52:54:00:12:34:56", "1"}),
            "--macaddress: expected together with --configure");
}

TEST(Options, HelpAndVersionNeedNoTarget) {
  for (const char* help : {"--help", "-h"}) {
    EXPECT_TRUE(std::holds_alternative<ShowHelp>(*parse_options({help}))) << help;
  }
  for (const char* version : {"--version", "-v"}) {
    EXPECT_TRUE(std::holds_alternative<ShowVersion>(*parse_options({version}))) << version;
  }
}

TEST(Options, ErrorsNameTheOptionTheValueAndWhatIsExpected) {
  struct Case {
    Arguments arguments;
    const char* part;
  };
  const Case cases[] = {
      {{}, "PID or PATH is expected"},
      {{"abc", "tap0"}, "PID must be a positive integer"},
      {{"0"}, "PID must be a positive integer"},
      {{"-1"}, "-1"},
      {{"1", "--cidr=foo"}, "invalid CIDR"},
      {{"1", "--cidr=10.0.2.100/24"},
       "CIDR needs to be a network address like 10.0.2.0/24, not like 10.0.2.100/24"},
      {{"1", "--cidr=10.0.2.0/26"}, "prefix length needs to be 1-25"},
      {{"1", "--cidr6=10.0.2.0/24"}, "--cidr6"},
      {{"1", "--mtu=65522"}, "--mtu \"65522\": expected a number from 68 to 65521"},
      {{"1", "--mtu=1e3"}, "--mtu \"1e3\""},
      {{"1", "-6", "--mtu=576"}, "at least 1280"},
      {{"1", "-e", "x"}, "--exit-fd \"x\": expected the number of an open file descriptor"},
      {{"1", "-r", "-3"}, "--ready-fd \"-3\""},
      {{"1", "--mtu"}, "--mtu needs a value"},
      {{"--cidr=", "1", "tap0"}, "--cidr needs a value"},
      {{"1", "--bogus"}, "unknown option: --bogus"},
      {{"1", "--netns-type=foo"}, "--netns-type \"foo\": expected pid, path or tapfd"},
      {{"1", "--userns-path=/x"}, "--userns-path: expected together with --netns-type=path"},
      {{"-c", "--macaddress=zz", "1"}, "--macaddress \"zz\""},
      {{"-c", "--macaddress=01:00:5e:00:00:01", "1"}, "unicast"},
      {{"1", "--outbound-addr=::1"}, "--outbound-addr \"::1\": expected an IPv4 address"},
      {{"1", "--outbound-addr6=10.0.0.1"}, "--outbound-addr6 \"10.0.0.1\""},
      {{"--target-type=bess", "-c", "/x"}, "--configure"},
      {{"--target-type=foo", "/x"}, "--target-type \"foo\""},
      {{"1", "a/b"}, "TAPNAME \"a/b\""},
      {{"1", "sixteen-letters!"}, "TAPNAME"},
      {{"1", "-p", "99999:80"}, "--publish"},
      {{"1", "--listen-fd", "3:http"}, "--listen-fd"},
      {{"1", "--dns=example.org"}, "--dns"},
      {{"1", "--tcp-engine=fast"}, "accelerated or libslirp"},
      {{"-c", "--netns-type=tapfd", "7"}, "--configure"},
  };
  for (const Case& one : cases) {
    EXPECT_NE(error_of(one.arguments).find(one.part), std::string::npos)
        << error_of(one.arguments) << "\nis not: " << one.part;
  }
}

TEST(Options, ApiPathOf108BytesOrNoneIsAnError) {
  EXPECT_EQ(error_of({"1", "-a", ""}), "--api-socket \"\": expected a path of 1-107 bytes");
  EXPECT_EQ(parsed({"1", "-a", std::string(107, 'x')}).api_socket.size(), 107u);
  EXPECT_NE(error_of({"1", "-a", std::string(108, 'x')}).find("a path of 1-107 bytes"),
            std::string::npos);
}

}  // namespace
}  // namespace nsrun::helper
