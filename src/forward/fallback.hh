// SPDX-License-Identifier: Apache-2.0
//
// --publish-fallback: where somebody on the host has a port already, the next free one above it is
// published instead. Each port of a range moves for itself, so that those that are free stay where
// they were asked for; IPv4 and IPv6 of one port move together. A port that a rule asks for never
// goes to one that had to move. Only a port that is taken moves: any other trouble is an error.
#pragma once

#include <string>
#include <vector>

#include "base/result.hh"
#include "forward/registry.hh"
#include "rules/port_rule.hh"

namespace nsrun::forward {

// "port 3000", "UDP port 53"
std::string port_text(wire::Transport transport, uint16_t port);

struct MovedPort {
  wire::Transport transport = wire::Transport::kTcp;
  uint16_t asked = 0;
  uint16_t published = 0;

  // "port 3000 is taken on the host: published as 3001"
  std::string to_string() const;
};

// The forwards share their host port. The port that they have got; the error names the first of
// them and the reason.
base::Result<uint16_t> add_at_next_free_port(Registry& registry,
                                             std::vector<rules::PortForward> forwards);

// All ports of all rules; those that had to move.
base::Result<std::vector<MovedPort>> add_with_fallback(Registry& registry,
                                                       const std::vector<rules::PortRule>& rules);

}  // namespace nsrun::forward
