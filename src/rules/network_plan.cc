// SPDX-License-Identifier: Apache-2.0
#include "rules/network_plan.hh"

#include <fmt/format.h>

#include "rules/egress.hh"

namespace nsrun::rules {
namespace {

wire::IpAddress host_in(const wire::Prefix& network, uint16_t number) noexcept {
  std::array<uint8_t, 16> octets = network.address().octets();
  octets[14] = static_cast<uint8_t>(octets[14] | number >> 8);
  octets[15] = static_cast<uint8_t>(octets[15] | (number & 0xff));
  return wire::IpAddress::v6(octets);
}

bool is_link_local_v6(const wire::IpAddress& address) noexcept {
  return address.octets()[0] == 0xfe && (address.octets()[1] & 0xc0) == 0x80;
}

struct Expected {
  std::string_view what;     // names the value in messages
  std::string_view example;  // a network that would do
  bool is_v4;
  unsigned longest;
};

base::Result<wire::Prefix> parse_network(std::string_view text, const Expected& expected) {
  const auto prefix = wire::Prefix::parse(text);
  if (!prefix || prefix->address().is_v4() != expected.is_v4) {
    return base::Error{fmt::format("invalid {}: \"{}\": expected a network like {}", expected.what,
                                   text, expected.example)};
  }
  if (prefix->length() < 1 || prefix->length() > expected.longest) {
    return base::Error{fmt::format("invalid {}: \"{}\": prefix length needs to be 1-{}",
                                   expected.what, text, expected.longest)};
  }
  const wire::Prefix network(prefix->network(), prefix->length());
  if (network != *prefix) {
    return base::Error{fmt::format("{} needs to be a network address like {}, not like {}",
                                   expected.what, network.to_string(), prefix->to_string())};
  }
  // Host number 2 is the gateway: were it no destination, nothing could be reached.
  const wire::IpAddress gateway = host_in(network, 2);
  if (is_never_a_destination(gateway) || (!expected.is_v4 && is_link_local_v6(gateway))) {
    return base::Error{fmt::format("invalid {}: \"{}\": expected a unicast network like {}",
                                   expected.what, text, expected.example)};
  }
  return network;
}

}  // namespace

base::Result<NetworkPlan> make_network_plan(std::string_view cidr, std::string_view cidr6) {
  NetworkPlan plan;
  const auto v4 = parse_network(cidr, {"CIDR", kDefaultCidr, true, 25});
  if (!v4) return base::Error{v4.error()};
  plan.v4 = *v4;
  plan.gateway_v4 = host_in(plan.v4, 2);
  plan.dns_v4 = host_in(plan.v4, 3);
  plan.dhcp_start_v4 = host_in(plan.v4, 15);
  plan.guest_v4 = host_in(plan.v4, 100);
  if (cidr6.empty()) return plan;

  const auto v6 = parse_network(cidr6, {"IPv6 CIDR", kDefaultCidr6, false, 64});
  if (!v6) return base::Error{v6.error()};
  plan.has_v6 = true;
  plan.v6 = *v6;
  plan.gateway_v6 = host_in(plan.v6, 2);
  plan.dns_v6 = host_in(plan.v6, 3);
  plan.guest_v6 = host_in(plan.v6, 0x100);
  return plan;
}

}  // namespace nsrun::rules
