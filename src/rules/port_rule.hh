// SPDX-License-Identifier: Apache-2.0
//
// What -p means, in Docker's syntax: "8080:80", "127.0.0.1:8080:80", "[::1]:8080:80/tcp",
// "53:53/udp", "80" (the same port on the host), "8000-8010:9000-9010". Pure text to values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "wire/address.hh"

namespace nsrun::rules {

// One published port.
struct PortForward {
  wire::Transport transport = wire::Transport::kTcp;
  wire::Endpoint host;   // where the helper listens
  wire::Endpoint guest;  // address unspecified: the guest's own address of the host address' family

  // "tcp 127.0.0.1:8080 -> 10.0.2.100:80"
  std::string to_string() const;
  friend bool operator==(const PortForward&, const PortForward&) = default;
};

// One -p option: one forward per port of the range.
struct PortRule {
  wire::Transport transport = wire::Transport::kTcp;
  std::optional<wire::IpAddress> host_address;  // absent: 0.0.0.0, and [::] where the host has IPv6
  uint16_t host_first = 0;
  uint16_t guest_first = 0;
  uint16_t count = 1;  // ports in the range, at least 1; both ranges have this length

  // As it may be given to -p again.
  std::string to_string() const;
  // The forwards of the rule. Without a host address each port gives an IPv4 forward, then an IPv6
  // one when `with_v6`.
  std::vector<PortForward> expand(bool with_v6) const;
  friend bool operator==(const PortRule&, const PortRule&) = default;
};

// The error names what is wrong and what is expected.
base::Result<PortRule> parse_port_rule(std::string_view text);

}  // namespace nsrun::rules
