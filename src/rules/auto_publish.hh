// SPDX-License-Identifier: Apache-2.0
//
// What "-p auto" makes of a list of the guest's listeners, and how that differs from what is
// published. Pure: who lists, binds and tells is elsewhere (forward/auto_publisher.hh).
#pragma once

#include <span>
#include <vector>

#include "rules/auto_rule.hh"
#include "rules/network_plan.hh"
#include "rules/port_rule.hh"
#include "wire/listener.hh"

namespace nsrun::rules {

// Published at a time, TCP and UDP together; both families of a port count once.
inline constexpr size_t kMaxAutoPorts = 64;

// Which of the guest's addresses lead to a listener.
struct AutoReach {
  NetworkPlan plan;
  bool v6 = false;            // the host has IPv6, too
  bool tcp_loopback = false;  // what listens on the guest's 127.0.0.1 and ::1 only; it is
                              // published on the host's loopback only
};

// One forward for each port and family that a rule covers and a client would reach, each with the
// same port on both sides; sorted by protocol and port. The first rule that covers a port has it.
std::vector<PortForward> auto_forwards(std::span<const wire::Listener> listeners,
                                       std::span<const AutoRule> rules, const AutoReach& reach);

struct AutoChange {
  std::vector<PortForward> gone;
  // Those of one port and protocol, of both families: they get the same host port.
  std::vector<std::vector<PortForward>> come;
};

// Both without repetitions.
AutoChange auto_change(std::span<const PortForward> published, std::span<const PortForward> wanted);

}  // namespace nsrun::rules
