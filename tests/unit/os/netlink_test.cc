// SPDX-License-Identifier: Apache-2.0
#include "os/netlink.hh"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "in_namespaces.hh"
#include "os/tap.hh"

namespace nsrun::os {
namespace {

std::string text_of(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class NetlinkTest : public testing::Test {
 protected:
  void SetUp() override { NSRUN_NEEDS_USER_NAMESPACES(); }
};

TEST_F(NetlinkTest, LoopbackComesUpWithItsAddresses) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            Netlink netlink;
                            const int loopback = netlink.interface_index("lo");
                            if (loopback != 1) return "lo is not number 1";
                            netlink.set_up(loopback);
                            const std::string trie = text_of("/proc/self/net/fib_trie");
                            return trie.find("127.0.0.1") != std::string::npos ? "" : trie;
                          }),
            "");
}

TEST_F(NetlinkTest, AnIpv6AddressIsNotTentative) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            Netlink netlink;
                            const int loopback = netlink.interface_index("lo");
                            netlink.set_up(loopback);
                            netlink.add_address(loopback, *wire::Prefix::parse("fd00::100/64"));
                            // Columns: address, index, prefix length, scope, flags, name. The flags
                            // are permanent (80) and no-DAD (02), without tentative (40).
                            const std::string table = text_of("/proc/self/net/if_inet6");
                            const char* kRow = "fd000000000000000000000000000100 01 40 00 82";
                            return table.find(kRow) != std::string::npos ? "" : table;
                          }),
            "");
}

TEST_F(NetlinkTest, ALinkTakesMacMtuAddressAndRoute) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            const Tap tap = open_tap("tap0");
                            Netlink netlink;
                            const int index = netlink.interface_index("tap0");
                            const auto mac = *wire::MacAddress::parse("02:00:00:00:00:01");
                            netlink.set_mac(index, mac);
                            netlink.set_mtu(index, 4000);
                            netlink.add_address(index, *wire::Prefix::parse("10.0.2.100/24"));
                            netlink.set_up(index);
                            netlink.add_default_route(index, *wire::IpAddress::parse("10.0.2.2"));
                            if (device_mac(tap.fd) != mac) return "the MAC address is another";
                            // Gateway 10.0.2.2 as the kernel prints it: hexadecimal, bytes
                            // reversed.
                            const std::string routes = text_of("/proc/self/net/route");
                            return routes.find("tap0\t00000000\t0202000A") != std::string::npos
                                       ? ""
                                       : routes;
                          }),
            "");
}

TEST_F(NetlinkTest, ErrorsSayWhatWasAttempted) {
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            Netlink().interface_index("nosuch0");
                            return "found";
                          }),
            "find the interface nosuch0: No such device");
  EXPECT_EQ(in_namespaces(kUserAndNetwork,
                          []() -> std::string {
                            Netlink().add_default_route(1, *wire::IpAddress::parse("10.0.2.2"));
                            return "added";
                          }),
            "add the default route by 10.0.2.2: Network is unreachable");
}

}  // namespace
}  // namespace nsrun::os
