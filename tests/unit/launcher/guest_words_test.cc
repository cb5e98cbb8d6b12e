// SPDX-License-Identifier: Apache-2.0
//
// What netns-run hands on: to the helper, to init, to the command.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "launcher/command.hh"
#include "launcher/helper_process.hh"
#include "launcher/init_channel.hh"
#include "launcher/name_service.hh"
#include "launcher/passed_signals.hh"
#include "launcher/search_path.hh"
#include "os/fd_passing.hh"

namespace nsrun::launcher {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST(HelperArguments, TheDefaultsCloseHostLoopbackAndLinkLocal) {
  Options options;
  options.plan = *rules::make_network_plan(options.cidr, options.cidr6);
  EXPECT_EQ(
      helper_arguments("/h", 7, options),
      (Words{"/h", "--launcher-fd=7", "--cidr=10.0.2.0/24", "--mtu=1500", "--cidr6=fd00::/64",
             "--publish-loopback", "--splice", "--disable-host-loopback", "--deny-link-local"}));
}

TEST(HelperArguments, EverythingElseIsHandedOn) {
  Options options;
  options.plan = *rules::make_network_plan(options.cidr, "");
  options.publish.push_back(*rules::parse_port_rule("[::1]:8000-8001:80-81/udp"));
  options.publish_auto.push_back(*rules::parse_auto_rule("0.0.0.0:auto:~5000/tcp"));
  options.publish_fallback = true;
  options.has_dns = false;
  options.names.servers = {*wire::IpAddress::parse("127.0.0.53"), *wire::IpAddress::parse("::1")};
  options.allow_host_loopback = options.allow_link_local = true;
  options.tcp_engine = "libslirp";
  options.outbound_address = "eth0";
  options.outbound_address_v6 = "2001:db8::1";
  options.api_socket = "/run/x";
  options.lowest_shown = base::log::Level::kDebug;
  EXPECT_EQ(helper_arguments("/h", 3, options), (Words{"/h",
                                                       "--launcher-fd=3",
                                                       "--cidr=10.0.2.0/24",
                                                       "--mtu=1500",
                                                       "--disable-ipv6",
                                                       "-p",
                                                       "[::1]:8000-8001:80-81/udp",
                                                       "-p",
                                                       "0.0.0.0:auto:~5000/tcp",
                                                       "--publish-fallback",
                                                       "--publish-loopback",
                                                       "--splice",
                                                       "--disable-dns",
                                                       "--dns=127.0.0.53",
                                                       "--dns=::1",
                                                       "--tcp-engine=libslirp",
                                                       "--outbound-addr=eth0",
                                                       "--outbound-addr6=2001:db8::1",
                                                       "--api-socket=/run/x",
                                                       "--verbose"}));
  options.lowest_shown = base::log::Level::kError;
  EXPECT_EQ(helper_arguments("/h", 3, options).back(), "--quiet");
}

TEST(ExitStatus, IsTheShells) {
  EXPECT_EQ(status_of_failed_exec(ENOENT), 127);
  EXPECT_EQ(status_of_failed_exec(EACCES), 126);
  EXPECT_EQ(status_of_failed_exec(ENOEXEC), 126);
  EXPECT_EQ((os::Ending{.exit_code = 3, .signal = 0}).status(), 3);
  EXPECT_EQ((os::Ending{.exit_code = 0, .signal = SIGTERM}).status(), 143);
}

TEST(InitChannel, MessagesComeBackWithTheirDescriptors) {
  auto [left, right] = os::make_seqpacket_pair();
  InitMessage message{InitWord::kFailed, EPERM, "what failed"};
  message.fds.push_back(base::duplicate(left));
  send_to_init_channel(left, message);
  const auto received = receive_from_init_channel(right);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->word, InitWord::kFailed);
  EXPECT_EQ(received->number, EPERM);
  EXPECT_EQ(received->text, "what failed");
  EXPECT_EQ(received->fds.size(), 1U);
}

TEST(NameService, OnlyTheLineOfHostsChanges) {
  EXPECT_EQ(nsswitch_for_guest("passwd: files systemd\n"
                               "# hosts: a comment\n"
                               " hosts :  mymachines resolve [!UNAVAIL=return] files dns\n"
                               "hostsx: y\n"
                               "netgroup: nis"),
            "passwd: files systemd\n"
            "# hosts: a comment\n"
            "hosts: files dns\n"
            "hostsx: y\n"
            "netgroup: nis\n");
  EXPECT_EQ(nsswitch_for_guest(""), "");
}

TEST(PassedSignals, TerminalKeysAreTheGroupsOwn) {
  EXPECT_TRUE(is_from_terminal(SIGINT, SI_KERNEL));
  EXPECT_FALSE(is_from_terminal(SIGINT, SI_USER));
  // The kernel tells only the session's leader about a hang-up.
  EXPECT_FALSE(is_from_terminal(SIGHUP, SI_KERNEL));
}

TEST(GroupSignals, ASignalIsTakenOnceAndForgottenSoon) {
  const base::Time start = base::Time{} + 1h;
  GroupSignals signals;
  EXPECT_FALSE(signals.take(SIGTERM, start));
  signals.saw(SIGTERM, start);
  EXPECT_FALSE(signals.take(SIGINT, start));
  EXPECT_TRUE(signals.take(SIGTERM, start + 1ms));
  EXPECT_FALSE(signals.take(SIGTERM, start + 1ms));
  signals.saw(SIGTERM, start);
  EXPECT_FALSE(signals.take(SIGTERM, start + 1s));
}

TEST(SearchPath, FindsAsShellsDo) {
  ::setenv("PATH", "/nosuch:/bin:/usr/bin", 1);
  EXPECT_EQ(find_program("sh"), "/bin/sh");
  EXPECT_EQ(find_program("./sh"), "./sh");
  EXPECT_EQ(find_program("no such program"), "");
  ::setenv("PATH", "/etc", 1);
  // A file that cannot be executed is found for the sake of its error.
  EXPECT_EQ(find_program("passwd"), "/etc/passwd");
}

}  // namespace
}  // namespace nsrun::launcher
