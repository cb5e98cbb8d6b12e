// SPDX-License-Identifier: Apache-2.0
#include "helper/outbound_address.hh"

#include <gtest/gtest.h>

#include "base/error.hh"

namespace nsrun::helper {
namespace {

TEST(OutboundAddress, IsAnAddressOrAnInterfacesAddress) {
  EXPECT_EQ(resolve_outbound("", Family::kV4), std::nullopt);
  EXPECT_EQ(resolve_outbound("192.0.2.1", Family::kV4)->to_string(), "192.0.2.1");
  EXPECT_EQ(resolve_outbound("2001:db8::1", Family::kV6)->to_string(), "2001:db8::1");
  EXPECT_EQ(resolve_outbound("lo", Family::kV4), wire::kLoopbackV4);
}

TEST(OutboundAddress, AnUnknownInterfaceIsNamedWithTheOption) {
  try {
    resolve_outbound("none0", Family::kV6);
    FAIL();
  } catch (const base::Failure& error) {
    EXPECT_STREQ(error.what(),
                 "--outbound-addr6: the host has no interface \"none0\" with an IPv6 address");
  }
}

}  // namespace
}  // namespace nsrun::helper
