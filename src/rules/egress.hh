// SPDX-License-Identifier: Apache-2.0
//
// Which destinations the guest may reach. Judged on the addresses in the frame, before any engine,
// for TCP, UDP, ICMP and reassembled fragments alike. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/network_plan.hh"
#include "wire/address.hh"

namespace nsrun::rules {

enum class Verdict : uint8_t {
  kAllow,
  kNeverADestination,  // 0/8, 127/8, 240/4, broadcast, multicast, ::, ::1, ::ffff:0:0/96
  kLinkLocal,          // 169.254/16, fe80::/10 and the cloud metadata services outside them
  kHostLoopback,       // the gateway's address while host loopback is closed
};

// For the audit line: "never a destination", "link-local or metadata", "host loopback is closed".
std::string_view verdict_reason(Verdict verdict) noexcept;

struct EgressPolicy {
  bool allow_host_loopback = false;
  // slirp4netns leaves these open; netns-run closes them: 169.254/16, fe80::/10, fd00:ec2::/32,
  // 100.100.100.200, 192.0.0.192, 168.63.129.16.
  bool allow_link_local = false;
};

// Whatever the options say: no host answers there, or it is the host itself.
bool is_never_a_destination(const wire::IpAddress& address) noexcept;

// For a unicast flow (TCP, UDP) from the guest to `destination`. The gateway's own address means
// the host's loopback; the DNS address is always allowed (the forwarder answers there).
// Link-scope traffic that the stack itself answers (ARP, NDP, router solicitations, DHCP, echo to
// the gateway) is not asked about: the switch knows it. An address from an IPv6 header that says
// is_v4() is v4-mapped (::ffff:0:0/96) and cannot be told from IPv4 here: the caller, who knows the
// header, takes it as kNeverADestination.
Verdict judge(const EgressPolicy& policy, const NetworkPlan& plan,
              const wire::IpAddress& destination) noexcept;

}  // namespace nsrun::rules
