// SPDX-License-Identifier: Apache-2.0
//
// A TAP opened in the namespaces of a process that the test starts.
#include "helper/target_tap.hh"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.hh"
#include "guest_fixture.hh"
#include "helper/launcher_link.hh"
#include "nsrun/handshake.hh"
#include "os/fd_passing.hh"

namespace nsrun::helper {
namespace {

class TargetTapTest : public GuestTest {
 protected:
  std::string guest_file(const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(guest_->pid()) + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
};

TEST_F(TargetTapTest, OpensTheDeviceInTheProcesssNamespaces) {
  const os::Tap tap = open_target_tap(options_);
  EXPECT_TRUE(tap.fd.is_open());
  EXPECT_TRUE(tap.features.has_virtio_net_header);
  EXPECT_NE(guest_file("net/dev").find("tap0:"), std::string::npos);
}

TEST_F(TargetTapTest, ConfigureMakesAddressesThatAreUsableAtOnce) {
  options_.configure = true;
  options_.mtu = 9000;
  const os::Tap tap = open_target_tap(options_);
  // Address, index, prefix length, scope, flags (0x02: no duplicate address detection, 0x40 would
  // be tentative), name.
  EXPECT_NE(guest_file("net/if_inet6").find("fd000000000000000000000000000100 "),
            std::string::npos);
  EXPECT_EQ(guest_file("net/if_inet6").find(" 40     tap0"), std::string::npos);
  EXPECT_NE(guest_file("net/fib_trie").find("10.0.2.100"), std::string::npos);
  EXPECT_NE(guest_file("net/route").find("tap0\t00000000\t0202000A"), std::string::npos);
}

TEST_F(TargetTapTest, ANamespaceByPathNeedsTheUserNamespaceOnlyWhenItIsAnotherOne) {
  const std::string files = "/proc/" + std::to_string(guest_->pid()) + "/ns/";
  options_.target = TargetPath{files + "net", files + "user"};
  EXPECT_TRUE(open_target_tap(options_).fd.is_open());
}

TEST_F(TargetTapTest, FailuresInsideAreToldInWords) {
  const os::Tap holder = open_target_tap(options_);
  try {
    open_target_tap(options_);
    FAIL() << "a TAP without multi-queue was opened twice";
  } catch (const base::Failure& error) {
    EXPECT_NE(std::string(error.what()).find("tap0"), std::string::npos) << error.what();
  }
  options_.target = TargetPath{"/proc/1/ns/none", ""};
  EXPECT_THROW(open_target_tap(options_), base::SystemError);
}

TEST_F(TargetTapTest, TheLauncherPassesItsOwn) {
  auto [launcher, ours] = os::make_seqpacket_pair();
  LauncherLink link(std::move(ours));
  const os::Tap opened = open_target_tap(options_);
  const base::FdView passed[] = {opened.fd};
  os::send_message(launcher, encode(Hello{}), passed);
  EXPECT_EQ(link.receive_tap().features, opened.features);
  link.say_ready();
  const auto said = decode_helper_message(os::receive_message(launcher)->bytes);
  EXPECT_TRUE(std::get<Answer>(*said).is_ready);
}

TEST(LauncherLink, RefusesWhatIsNoGreeting) {
  for (const bool says_something : {false, true}) {
    auto [launcher, ours] = os::make_seqpacket_pair();
    LauncherLink link(std::move(ours));
    if (says_something) os::send_message(launcher, encode(Hello{}));
    launcher.close();
    EXPECT_THROW(link.receive_tap(), base::Failure);
  }
}

TEST(LauncherLink, FailureIsToldWhileSomebodyListens) {
  auto [launcher, ours] = os::make_seqpacket_pair();
  LauncherLink link(std::move(ours));
  link.say_failed("cannot publish 0.0.0.0:80 (tcp)");
  const auto said = decode_helper_message(os::receive_message(launcher)->bytes);
  const auto* answer = &std::get<Answer>(*said);
  EXPECT_FALSE(answer->is_ready);
  EXPECT_EQ(answer->reason, "cannot publish 0.0.0.0:80 (tcp)");
  launcher.close();
  link.say_failed("nobody hears this");
}

}  // namespace
}  // namespace nsrun::helper
