// SPDX-License-Identifier: Apache-2.0
#include "rules/egress.hh"

#include <algorithm>
#include <array>

namespace nsrun::rules {
namespace {

using wire::IpAddress;
using wire::Prefix;

constexpr IpAddress v6_from_words(uint16_t first, uint16_t second) noexcept {
  return IpAddress::v6({static_cast<uint8_t>(first >> 8), static_cast<uint8_t>(first & 0xff),
                        static_cast<uint8_t>(second >> 8), static_cast<uint8_t>(second & 0xff), 0,
                        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

// RFC 6890 and RFC 1122 section 3.2.1.3. The limited broadcast address is in 240/4. ::ffff:0:0/96
// needs no entry: see judge().
constexpr std::array kNever = {
    Prefix(IpAddress::v4(0x00000000), 8),  // this network
    Prefix(IpAddress::v4(0x7f000000), 8),  // loopback
    Prefix(IpAddress::v4(0xe0000000), 4),  // multicast
    Prefix(IpAddress::v4(0xf0000000), 4),  // reserved
    Prefix(wire::kAnyV6, 128),             // unspecified
    Prefix(wire::kLoopbackV6, 128),        // loopback
    Prefix(v6_from_words(0xff00, 0), 8),   // multicast
};

constexpr std::array kLinkLocalAndMetadata = {
    Prefix(IpAddress::v4(0xa9fe0000), 16),      // 169.254/16, with most clouds' metadata
    Prefix(IpAddress::v4(0x646464c8), 32),      // 100.100.100.200, Alibaba Cloud
    Prefix(IpAddress::v4(0xc00000c0), 32),      // 192.0.0.192, Oracle Cloud
    Prefix(IpAddress::v4(0xa83f8110), 32),      // 168.63.129.16, Azure
    Prefix(v6_from_words(0xfe80, 0), 10),       // link-local
    Prefix(v6_from_words(0xfd00, 0x0ec2), 32),  // fd00:ec2::254 and its siblings, AWS
};

bool is_in_one_of(const auto& prefixes, const IpAddress& address) noexcept {
  return std::ranges::any_of(prefixes,
                             [&](const Prefix& prefix) { return prefix.contains(address); });
}

// The guest's own network's broadcast address: all host bits set.
bool is_directed_broadcast(const Prefix& network, const IpAddress& address) noexcept {
  if (!address.is_v4()) return false;
  const uint32_t host_bits = 0xffffffffU >> network.length();
  return address.v4_value() == (network.address().v4_value() | host_bits);
}

}  // namespace

std::string_view verdict_reason(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kAllow:
      return "allowed";
    case Verdict::kNeverADestination:
      return "never a destination";
    case Verdict::kLinkLocal:
      return "link-local or metadata";
    case Verdict::kHostLoopback:
      return "host loopback is closed";
  }
  return "unknown";
}

bool is_never_a_destination(const IpAddress& address) noexcept {
  return is_in_one_of(kNever, address);
}

Verdict judge(const EgressPolicy& policy, const NetworkPlan& plan,
              const IpAddress& destination) noexcept {
  if (is_never_a_destination(destination) || is_directed_broadcast(plan.v4, destination)) {
    return Verdict::kNeverADestination;
  }
  if (destination == plan.gateway_v4 || (plan.has_v6 && destination == plan.gateway_v6)) {
    return policy.allow_host_loopback ? Verdict::kAllow : Verdict::kHostLoopback;
  }
  if (destination == plan.dns_v4 || (plan.has_v6 && destination == plan.dns_v6)) {
    return Verdict::kAllow;
  }
  if (!policy.allow_link_local && is_in_one_of(kLinkLocalAndMetadata, destination)) {
    return Verdict::kLinkLocal;
  }
  return Verdict::kAllow;
}

}  // namespace nsrun::rules
