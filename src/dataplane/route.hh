// SPDX-License-Identifier: Apache-2.0
//
// Where a packet from the guest goes: the policy, applied to the addresses in the frame, before any
// engine sees it. Pure. What a published port's client may be answered is not known here.
#pragma once

#include "rules/egress.hh"
#include "rules/network_plan.hh"
#include "wire/packet.hh"

namespace nsrun::dataplane {

enum class Destination : uint8_t {
  kStack,       // link-scope services, and echo requests to them
  kPing,        // an echo request that leaves the link
  kNameServer,  // a query for the DNS forwarder
  kFlow,        // TCP or UDP to somewhere
  kDenied,      // by policy; see Route::verdict
  kClosedPort,  // one of our own addresses, where nothing listens
  kIgnored,     // chatter of the link that needs no answer; IPv6 while it is off
};

struct Route {
  Destination destination = Destination::kIgnored;
  rules::Verdict verdict = rules::Verdict::kAllow;  // why, for kDenied
};

struct RoutingRules {
  rules::NetworkPlan plan;
  rules::EgressPolicy egress;
  bool dns = true;  // somebody answers at the DNS addresses
};

// `packet` is whole: no fragment.
Route route(const RoutingRules& rules, const wire::Packet& packet) noexcept;

}  // namespace nsrun::dataplane
