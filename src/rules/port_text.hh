// SPDX-License-Identifier: Apache-2.0
//
// The parts of which rules about ports are written: "8000-8010", "/udp", "127.0.0.1", "[::1]".
// Each parser names in its error the part, what is expected, and the whole text as `rule`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "wire/address.hh"

namespace nsrun::rules {

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;  // at least `first`

  unsigned count() const noexcept { return last - first + 1U; }
  bool contains(uint16_t port) const noexcept { return port >= first && port <= last; }
  // "8000-8010", or "80" when it is one port
  std::string to_string() const;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

// "tcp" or "udp"
std::string_view transport_name(wire::Transport transport) noexcept;

base::Result<PortRange> parse_port_range(std::string_view text, std::string_view rule);
// Cuts "/tcp" or "/udp" from the end of `rest`, which may have neither.
base::Result<std::optional<wire::Transport>> take_transport(std::string_view& rest,
                                                            std::string_view rule);
// `text`: an IPv4 address, or an IPv6 address in brackets.
base::Result<wire::IpAddress> parse_host_address(std::string_view text, std::string_view rule);
// As parse_host_address() takes it.
std::string host_address_text(const wire::IpAddress& address);

}  // namespace nsrun::rules
