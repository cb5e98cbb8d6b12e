// SPDX-License-Identifier: Apache-2.0
//
// Who has which address on the TAP link. The offsets are slirp4netns' (callers compute them
// themselves): network + 2 gateway, + 3 DNS, + 15 first DHCP lease, + 100 guest; IPv6 likewise:
// prefix::2, ::3, ::100.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hh"
#include "wire/address.hh"

namespace nsrun::rules {

struct NetworkPlan {
  wire::Prefix v4;  // host bits zero
  wire::IpAddress guest_v4;
  wire::IpAddress gateway_v4;
  wire::IpAddress dns_v4;
  wire::IpAddress dhcp_start_v4;

  bool has_v6 = false;
  wire::Prefix v6;
  wire::IpAddress guest_v6;
  wire::IpAddress gateway_v6;
  wire::IpAddress dns_v6;

  friend bool operator==(const NetworkPlan&, const NetworkPlan&) = default;
};

inline constexpr std::string_view kDefaultCidr = "10.0.2.0/24";
inline constexpr std::string_view kDefaultCidr6 = "fd00::/64";

// `cidr`: an IPv4 network with a prefix length of 1-25 and host bits zero. The error texts are
// slirp4netns': "invalid CIDR: ...", "CIDR needs to be a network address like 10.0.2.0/24, not like
// 10.0.2.100/24", "prefix length needs to be 1-25".
// `cidr6`: an IPv6 network with a prefix length of 1-64 and host bits zero, or "" for no IPv6.
base::Result<NetworkPlan> make_network_plan(std::string_view cidr, std::string_view cidr6);

}  // namespace nsrun::rules
