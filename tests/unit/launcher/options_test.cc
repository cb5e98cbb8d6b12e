// SPDX-License-Identifier: Apache-2.0
#include "launcher/options.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace nsrun::launcher {
namespace {

base::Result<std::string> no_profile(const std::string&) { return base::Error{"no profiles"}; }

base::Result<Invocation> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "netns-run");
  return parse_options(static_cast<int>(words.size()), words.data(), no_profile);
}

Options parse_good(const std::vector<const char*>& words) {
  const auto invocation = parse(words);
  EXPECT_TRUE(invocation.ok()) << (invocation.ok() ? "" : invocation.error());
  return invocation.ok() ? std::get<Options>(*invocation) : Options{};
}

using Words = std::vector<std::string>;

TEST(Options, DefaultsAreThoseOfTheManual) {
  const Options options = parse_good({"true"});
  EXPECT_EQ(options.plan.guest_v4.to_string(), "10.0.2.100");
  EXPECT_EQ(options.plan.guest_v6.to_string(), "fd00::100");
  EXPECT_EQ(options.mtu, 1500U);
  EXPECT_EQ(options.interface_name, "tap0");
  EXPECT_TRUE(options.has_dns);
  EXPECT_FALSE(options.map_root || options.share_pid);
  EXPECT_FALSE(options.allow_host_loopback || options.allow_link_local);
  EXPECT_EQ(options.lowest_shown, base::log::Level::kInfo);
}

TEST(Options, PassedSocketsAreNamedByNumberAndByReceiver) {
  const Options options = parse_good({"--listen-fd", "3:80", "--listen-fd=7", "x"});
  EXPECT_EQ(options.listen, (std::vector<rules::ListenRule>{{3, 80}, {7, 0}}));
  EXPECT_FALSE(options.takes_listen_fds);
  EXPECT_TRUE(parse_good({"--listen-fds=helper", "x"}).takes_listen_fds);
  EXPECT_FALSE(parse_good({"--listen-fds=helper", "--listen-fds=command", "x"}).takes_listen_fds);
}

TEST(Options, TheCommandKeepsItsOwnOptions) {
  EXPECT_EQ(parse_good({"-q", "ls", "-v", "--mtu", "--", "x"}).command,
            (Words{"ls", "-v", "--mtu", "--", "x"}));
  EXPECT_EQ(parse_good({"--", "ls", "-p"}).command, (Words{"ls", "-p"}));
  EXPECT_EQ(parse_good({"--", "--odd-name"}).command, (Words{"--odd-name"}));
  EXPECT_EQ(parse_good({"-p", "8080:80", "server", "-p", "1"}).command,
            (Words{"server", "-p", "1"}));
}

TEST(Options, ANamespaceNeedsNoCommand) {
  const Options options = parse_good({"--netns", "blue", "--detach", "-p", "80"});
  EXPECT_EQ(options.netns, "blue");
  EXPECT_TRUE(options.detach && options.command.empty());
  EXPECT_EQ(parse_good({"--netns=7", "--map-root", "id"}).command, (Words{"id"}));
}

TEST(Options, LimitsAreNumbers) {
  const Limits limits = parse_good({"--memory=1m", "--cpus", "0.5", "--pids", "9", "x"}).limits;
  EXPECT_EQ(limits.memory_bytes, 1U << 20);
  EXPECT_EQ(limits.cpu_microseconds, 500'000U);
  EXPECT_EQ(limits.processes, 9U);
  EXPECT_FALSE(parse_good({"x"}).limits.has_any());
}

TEST(Options, PublishMayBeRepeatedInEveryForm) {
  const Options options = parse_good(
      {"-p", "8080:80", "-p[::1]:8443:443/tcp", "--publish", "53:53/udp", "--publish=9000", "x"});
  std::vector<std::string> rules;
  for (const auto& rule : options.publish) rules.push_back(rule.to_string());
  EXPECT_EQ(rules, (Words{"8080:80/tcp", "[::1]:8443:443/tcp", "53:53/udp", "9000:9000/tcp"}));
}

TEST(Options, ValuesArrive) {
  const Options options = parse_good({"--cidr=10.9.0.0/16",
                                      "--cidr6",
                                      "fd12::/64",
                                      "--mtu",
                                      "65521",
                                      "--ifname",
                                      "eth0",
                                      "--mac",
                                      "52:54:00:12:34:56",
                                      "--no-dns",
                                      "--map-root",
                                      "--share-pid",
                                      "--allow-host-loopback",
                                      "--allow-link-local",
                                      "--outbound-addr",
                                      "192.0.2.1",
                                      "--outbound-addr6",
                                      "eth1",
                                      "--tcp-engine",
                                      "libslirp",
                                      "--api-socket",
                                      "/tmp/x",
                                      "--name",
                                      "web",
                                      "-v",
                                      "x"});
  EXPECT_EQ(options.plan.guest_v4.to_string(), "10.9.0.100");
  EXPECT_EQ(options.plan.guest_v6.to_string(), "fd12::100");
  EXPECT_EQ(options.mtu, 65521U);
  EXPECT_EQ(options.interface_name, "eth0");
  EXPECT_EQ(options.mac->to_string(), "52:54:00:12:34:56");
  EXPECT_FALSE(options.has_dns);
  EXPECT_TRUE(options.map_root && options.share_pid);
  EXPECT_TRUE(options.allow_host_loopback && options.allow_link_local);
  EXPECT_EQ(options.outbound_address, "192.0.2.1");
  EXPECT_EQ(options.outbound_address_v6, "eth1");
  EXPECT_EQ(options.tcp_engine, "libslirp");
  EXPECT_EQ(options.api_socket, "/tmp/x");
  EXPECT_EQ(options.name, "web");
  EXPECT_EQ(options.lowest_shown, base::log::Level::kDebug);
}

sandbox::CapabilitySet capabilities_of(std::vector<const char*> words) {
  words.insert(words.end(), {"--map-root", "x"});
  return parse_good(words).capabilities;
}

TEST(Options, CapabilitiesAreAddedAndDroppedAsDockerDoesIt) {
  const auto chown = sandbox::capability_named("CHOWN").value();
  const auto admin = sandbox::capability_named("NET_ADMIN").value();
  const auto all = sandbox::kAllCapabilities;
  EXPECT_EQ(parse_good({"x"}).capabilities, sandbox::kNoCapabilities);
  EXPECT_EQ(capabilities_of({}), all);
  EXPECT_EQ(capabilities_of({"--cap-drop", "NET_ADMIN"}), all & ~admin);
  EXPECT_EQ(capabilities_of({"--cap-drop=cap_net_admin,Chown"}), all & ~admin & ~chown);
  EXPECT_EQ(capabilities_of({"--cap-drop=CHOWN", "--cap-drop", "CAP_NET_ADMIN"}),
            all & ~admin & ~chown);
  EXPECT_EQ(capabilities_of({"--cap-drop", "all"}), sandbox::kNoCapabilities);
  EXPECT_EQ(capabilities_of({"--cap-drop", "ALL", "--cap-add", "net_admin,chown"}), admin | chown);
  EXPECT_EQ(capabilities_of({"--cap-drop", "ALL,CHOWN", "--cap-add", "CHOWN"}), chown);
  EXPECT_EQ(capabilities_of({"--cap-drop", "CHOWN", "--cap-add", "CHOWN"}), all);
  EXPECT_EQ(capabilities_of({"--cap-add", "All", "--cap-drop", "CHOWN"}), all & ~chown);
  EXPECT_EQ(capabilities_of({"--cap-add", "ALL", "--cap-drop", "ALL"}), all);
}

TEST(Options, AHostNameNeedsAUtsNamespace) {
  EXPECT_FALSE(parse_good({"x"}).new_uts);
  EXPECT_TRUE(parse_good({"--hostname=box-1.test", "x"}).new_uts);
  EXPECT_EQ(parse_good({"--hostname=box-1.test", "x"}).host_name, "box-1.test");
}

TEST(Options, MapsOfIdsAreTakenAsGivenAndBringCapabilities) {
  const Options options =
      parse_good({"--uid-map", "0:1000:1", "--uid-map=1:100000:9", "--gid-map", "0:1000:1", "x"});
  EXPECT_EQ(options.uid_map, (os::IdMap{{0, 1000, 1}, {1, 100000, 9}}));
  EXPECT_EQ(options.gid_map, (os::IdMap{{0, 1000, 1}}));
  for (const char* word : {"--map-root", "--map-auto", "--uid-map=0:1:1", "--gid-map=0:1:1"}) {
    EXPECT_EQ(parse_good({word, "x"}).capabilities, sandbox::kAllCapabilities) << word;
  }
  EXPECT_EQ(parse_good({"--map-auto", "--map-auto=false", "x"}).capabilities,
            sandbox::kNoCapabilities);
}

TEST(Options, NoNewPrivilegesUnlessItHoldsCapabilitiesOrTheUserSaysSo) {
  EXPECT_TRUE(parse_good({"x"}).no_new_privileges);
  EXPECT_FALSE(parse_good({"--no-new-privs=false", "x"}).no_new_privileges);
  EXPECT_FALSE(parse_good({"--map-root", "x"}).no_new_privileges);
  EXPECT_FALSE(parse_good({"--map-root", "--cap-drop=CHOWN", "x"}).no_new_privileges);
  EXPECT_TRUE(parse_good({"--map-root", "--cap-drop=ALL", "x"}).no_new_privileges);
  EXPECT_TRUE(parse_good({"--map-root", "--no-new-privs", "x"}).no_new_privileges);
  EXPECT_TRUE(parse_good({"--map-root", "--no-new-privs=true", "x"}).no_new_privileges);
  EXPECT_EQ(parse_good({"--no-new-privs", "false"}).command, Words{"false"});
}

TEST(Options, TheLastOfTwoValuesCounts) {
  EXPECT_EQ(parse_good({"--mtu", "1400", "--mtu", "1300", "x"}).mtu, 1300U);
}

TEST(Options, WithoutIpv6SmallMtusAreFine) {
  const Options options = parse_good({"--no-ipv6", "--mtu", "68", "x"});
  EXPECT_FALSE(options.plan.has_v6);
  EXPECT_EQ(options.mtu, 68U);
}

TEST(Options, HelpAndVersionNeedNoCommand) {
  EXPECT_TRUE(std::holds_alternative<ShowHelp>(*parse({"-h"})));
  EXPECT_TRUE(std::holds_alternative<ShowHelp>(*parse({"--help"})));
  EXPECT_TRUE(std::holds_alternative<ShowVersion>(*parse({"--version"})));
}

struct Mistake {
  std::vector<const char*> words;
  const char* complaint;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, NameOptionValueAndWhatIsExpected) {
  const auto invocation = parse(GetParam().words);
  ASSERT_FALSE(invocation.ok());
  EXPECT_EQ(invocation.error(), GetParam().complaint);
}

INSTANTIATE_TEST_SUITE_P(
    Options, Mistakes,
    testing::Values(
        Mistake{{}, "a command is expected: netns-run [options] [--] command [args]"},
        Mistake{{"--"}, "a command is expected: netns-run [options] [--] command [args]"},
        Mistake{{"--frob", "x"}, "unknown option --frob"},
        Mistake{{"-z", "x"}, "unknown option -z"}, Mistake{{"--mtu"}, "--mtu needs a value"},
        Mistake{{"-p"}, "--publish needs a value"},
        Mistake{{"--listen-fd", "2", "x"},
                "--listen-fd \"2\": expected FD or FD:PORT, FD an open descriptor from 3"},
        Mistake{{"--listen-fd=3:80", "--listen-fd=3", "x"},
                "--listen-fd \"3\": the descriptor is named twice"},
        Mistake{{"--notify=me", "x"}, "--notify \"me\": expected command or netns-run"},
        Mistake{{"--listen-fds=me", "x"}, "--listen-fds \"me\": expected helper or command"},
        Mistake{{"--mtu", "", "x"}, "--mtu \"\": expected a number from 68 to 65521"},
        Mistake{{"--mtu", "15x", "x"}, "--mtu \"15x\": expected a number from 68 to 65521"},
        Mistake{{"--mtu", "65522", "x"}, "--mtu \"65522\": expected a number from 68 to 65521"},
        Mistake{{"--mtu", "1279", "x"},
                "--mtu \"1279\": IPv6 needs at least 1280; expected that, or --no-ipv6"},
        Mistake{{"--cidr", "10.0.2.100/24", "x"},
                "--cidr: CIDR needs to be a network address like 10.0.2.0/24, not like "
                "10.0.2.100/24"},
        Mistake{{"--cidr6", "fd00::", "x"},
                "--cidr6: invalid IPv6 CIDR: \"fd00::\": expected a network like fd00::/64"},
        Mistake{{"--cidr6", "", "x"}, "--cidr6 \"\": expected an IPv6 network, or --no-ipv6"},
        Mistake{{"-p", "99999:1", "x"},
                "--publish: invalid port \"99999\" in \"99999:1\": expected 1-65535"},
        Mistake{{"--ifname", "a/b", "x"},
                "--ifname \"a/b\": expected 1-15 printable characters other than blank, slash, "
                "colon and percent, and not lo, all or default"},
        // The kernel's own word is "Invalid argument".
        Mistake{{"--ifname", "all", "x"},
                "--ifname \"all\": expected 1-15 printable characters other than blank, slash, "
                "colon and percent, and not lo, all or default"},
        Mistake{{"--mac", "ff:ff:ff:ff:ff:ff", "x"},
                "--mac \"ff:ff:ff:ff:ff:ff\": expected a unicast MAC address like "
                "52:54:00:12:34:56"},
        Mistake{{"--outbound-addr", "::1", "x"},
                "--outbound-addr \"::1\": expected an IPv4 address of the host, or an interface's "
                "name"},
        Mistake{{"--outbound-addr6", "192.0.2.1", "x"},
                "--outbound-addr6 \"192.0.2.1\": expected an IPv6 address of the host, or an "
                "interface's name"},
        Mistake{{"--tcp-engine", "fast", "x"},
                "--tcp-engine \"fast\": expected accelerated or libslirp"},
        Mistake{{"--no-new-privs=maybe", "x"}, "--no-new-privs \"maybe\": expected true or false"},
        Mistake{{"--cap-add"}, "--cap-add needs a value"},
        Mistake{{"--map-root", "--cap-add", "CHOWN,CAP_FOO", "x"},
                "--cap-add \"CAP_FOO\": expected the name of a capability, as NET_ADMIN, or ALL"},
        Mistake{{"--map-root", "--cap-drop", "CHOWN,", "x"},
                "--cap-drop \"\": expected the name of a capability, as NET_ADMIN, or ALL"},
        Mistake{{"--map-root", "--cap-drop", "12", "x"},
                "--cap-drop \"12\": expected the name of a capability, as NET_ADMIN, or ALL"},
        Mistake{{"--cap-drop", "CHOWN", "x"},
                "--cap-drop \"CHOWN\": expected --map-root or another map as well: without one the "
                "command has no capabilities"},
        Mistake{{"--uid-map", "0:1000", "x"},
                "--uid-map \"0:1000\": expected INSIDE:OUTSIDE:COUNT, as 0:100000:65536, with ids "
                "below 4294967295"},
        Mistake{{"--gid-map=0:1:1", "--gid-map=9:1:1", "x"},
                "--gid-map \"9:1:1\": it overlaps an earlier one"},
        Mistake{{"--memory", "1x", "x"}, "--memory \"1x\": expected a size like 512m or 1.5g"},
        Mistake{{"--cpus", "0", "x"},
                "--cpus \"0\": expected a number of processors of at least 0.01, like 1.5"},
        Mistake{{"--pids", "1", "x"},
                "--pids \"1\": expected at least 2, as the init of the command counts, too"},
        Mistake{{"--netns", "blue", "--pids", "9"}, "--pids is for a command, and there is none"},
        Mistake{{"--netns", "", "x"},
                "--netns \"\": expected a process id, a path, or a name of ip-netns(8)"},
        Mistake{{"--detach"}, "a command is expected: netns-run [options] [--] command [args]"},
        Mistake{{"--netns", "blue", "--add-host", "a:10.0.0.1"},
                "--add-host is for a command, and there is none"},
        Mistake{{"--netns", "blue", "--map-auto", "x"},
                "--map-auto does not go with --netns: only your own id does"},
        Mistake{{"--name", "a/b", "x"},
                "--name \"a/b\": expected 1 to 63 letters, digits, \"-\", \"_\" and \".\", the "
                "first a letter or digit"},
        Mistake{{"--hostname", "a b", "x"},
                "--hostname \"a b\": expected 1-64 letters, digits, \"-\" and \".\""},
        Mistake{{"--api-socket", "", "x"}, "--api-socket \"\": expected a path of 1-107 bytes"}));

TEST(Help, FitsTwoScreensAndStartsWithExamples) {
  const std::string_view text = help_text();
  EXPECT_LE(std::ranges::count(text, '\n'), 48);
  EXPECT_LT(text.find("netns-run -p 8080:80"), text.find("Usage:"));
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    EXPECT_LE(line.size(), 80U) << line;
    rest.remove_prefix(line.size() + 1);
  }
}

TEST(Help, NamesEveryOption) {
  for (const char* option : {"-p, --publish",
                             "--listen-fd ",
                             "--listen-fds",
                             "--notify",
                             "--map-root",
                             "--map-auto",
                             "--uid-map",
                             "--gid-map INSIDE:OUTSIDE:COUNT",
                             "--cap-add",
                             "--cap-drop",
                             "--no-new-privs",
                             "--allow-vsock",
                             "--share-pid",
                             "--cidr ",
                             "--cidr6",
                             "--no-ipv6",
                             "--no-dns",
                             "--dns ",
                             "--dns-search",
                             "--dns-option",
                             "--add-host",
                             "--mtu",
                             "--ifname",
                             "--mac",
                             "--allow-host-loopback",
                             "--allow-link-local",
                             "--outbound-addr,",
                             "--outbound-addr6",
                             "--netns",
                             "--detach",
                             "--memory",
                             "--cpus",
                             "--pids",
                             "--tcp-engine",
                             "--api-socket",
                             "--name",
                             "-v, --verbose",
                             "-q, --quiet",
                             "--ipc",
                             "--uts",
                             "--hostname NAME",
                             "--cgroup",
                             "-h, --help",
                             "--check",
                             "--profile",
                             "--print-config",
                             "--version"}) {
    EXPECT_NE(help_text().find(option), std::string_view::npos) << option;
  }
}

}  // namespace
}  // namespace nsrun::launcher
