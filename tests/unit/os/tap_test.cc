// SPDX-License-Identifier: Apache-2.0
#include "os/tap.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <unistd.h>

#include "base/error.hh"
#include "in_namespaces.hh"
#include "os/netlink.hh"

namespace nsrun::os {
namespace {

class TapTest : public testing::Test {
 protected:
  void SetUp() override {
    NSRUN_NEEDS_USER_NAMESPACES();
    if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun cannot be opened";
  }
};

TEST_F(TapTest, ANewDeviceHasTheHeaderAndTheOffloads) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            const Tap tap = open_tap("tap0");
                            if (!tap.features.has_virtio_net_header) return "no header";
                            if (!tap.features.has_tso) return "no offloads";
                            const int flags = ::fcntl(tap.fd.number(), F_GETFL);
                            if ((flags & O_NONBLOCK) == 0) return "blocking";
                            return Netlink().interface_index("tap0") > 0 ? "" : "no interface";
                          }),
            "");
}

TEST_F(TapTest, AnAdoptedDeviceShowsTheSameFeatures) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            const Tap tap = open_tap("tap0");
                            const Tap adopted = adopt_tap(base::duplicate(tap.fd));
                            return adopted.features == tap.features ? "" : "features differ";
                          }),
            "");
}

TEST_F(TapTest, ASecondAttachNamesTheDevice) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            const Tap tap = open_tap("tap0");
                            open_tap("tap0");
                            return "attached twice";
                          }),
            "create the TAP device tap0: Device or resource busy");
}

TEST_F(TapTest, TheDeviceEndsWithItsDescriptorUnlessLeftToItsNamespace) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            open_tap("tap0");
                            if (::if_nametoindex("tap0") != 0) return "still there";
                            leave_device_to_its_namespace(open_tap("tap0").fd);
                            return ::if_nametoindex("tap0") != 0 ? "" : "gone";
                          }),
            "");
}

TEST_F(TapTest, AnImpossibleNameIsRefusedInWords) {
  try {
    open_tap("a-name-of-16-char");
    FAIL();
  } catch (const base::Failure& failure) {
    EXPECT_STREQ(failure.what(),
                 "\"a-name-of-16-char\" is not an interface name: expected 1-15 characters");
  }
}

TEST(AdoptTap, SomethingElseIsRefused) {
  EXPECT_THROW(adopt_tap(base::Fd(::open("/dev/null", O_RDWR | O_CLOEXEC))), base::SystemError);
}

}  // namespace
}  // namespace nsrun::os
