// SPDX-License-Identifier: Apache-2.0
#include "dataplane/guest_addresses.hh"

#include <gtest/gtest.h>

namespace nsrun::dataplane {
namespace {

using wire::Endpoint;

const rules::NetworkPlan kPlan =
    rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();
const wire::IpAddress kGuestV4 = kPlan.guest_v4;
const wire::IpAddress kGuestV6 = kPlan.guest_v6;

wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

std::optional<Endpoint> host(std::string_view address, uint16_t port,
                             const std::optional<Endpoint>& upstream = std::nullopt) {
  return host_destination(kPlan, {ip(address), port}, upstream);
}

TEST(HostDestination, TheGatewayIsTheHostsLoopback) {
  EXPECT_EQ(host("10.0.2.2", 80), (Endpoint{wire::kLoopbackV4, 80}));
  EXPECT_EQ(host("fd00::2", 80), (Endpoint{wire::kLoopbackV6, 80}));
}

TEST(HostDestination, NamesAreAskedFromTheUpstream) {
  const Endpoint upstream{ip("192.0.2.53"), 53};
  EXPECT_EQ(host("10.0.2.3", 53, upstream), upstream);
  EXPECT_EQ(host("fd00::3", 53, upstream), upstream);
  EXPECT_EQ(host("10.0.2.3", 53), std::nullopt);
  EXPECT_EQ(host("10.0.2.3", 80, upstream), std::nullopt);
}

TEST(HostDestination, EverythingElseIsItself) {
  EXPECT_EQ(host("198.51.100.1", 443), (Endpoint{ip("198.51.100.1"), 443}));
  EXPECT_EQ(host("2001:db8::1", 53), (Endpoint{ip("2001:db8::1"), 53}));
}

struct Shown {
  const char* client;
  bool is_own_host;
  wire::IpAddress guest;
  const char* as;
};

class ShownClient : public testing::TestWithParam<Shown> {};

TEST_P(ShownClient, IsRealWhereAnswersComeBack) {
  const Shown& shown = GetParam();
  EXPECT_EQ(shown_client(kPlan, {ip(shown.client), 5000}, shown.guest, shown.is_own_host),
            (Endpoint{ip(shown.as), 5000}));
}

INSTANTIATE_TEST_SUITE_P(Clients, ShownClient,
                         testing::Values(Shown{"198.51.100.7", false, kGuestV4, "198.51.100.7"},
                                         Shown{"192.168.1.7", false, kGuestV4, "192.168.1.7"},
                                         Shown{"192.168.1.7", true, kGuestV4, "10.0.2.2"},
                                         Shown{"127.0.0.1", false, kGuestV4, "10.0.2.2"},
                                         Shown{"127.1.2.3", false, kGuestV4, "10.0.2.2"},
                                         Shown{"169.254.9.9", false, kGuestV4, "10.0.2.2"},
                                         Shown{"10.0.2.77", false, kGuestV4, "10.0.2.2"},
                                         Shown{"2001:db8::7", false, kGuestV6, "2001:db8::7"},
                                         Shown{"2001:db8::7", true, kGuestV6, "fd00::2"},
                                         Shown{"::1", false, kGuestV6, "fd00::2"},
                                         Shown{"fe80::1", false, kGuestV6, "fd00::2"},
                                         Shown{"fd00::77", false, kGuestV6, "fd00::2"},
                                         Shown{"2001:db8::7", false, kGuestV4, "10.0.2.2"},
                                         Shown{"198.51.100.7", false, kGuestV6, "fd00::2"}));

}  // namespace
}  // namespace nsrun::dataplane
