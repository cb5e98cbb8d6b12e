// SPDX-License-Identifier: Apache-2.0
//
// "-p auto": whatever the guest listens on is published under the same port. Text to values:
//
//   auto                          from 1024 up, TCP and UDP, on the host's 127.0.0.1 and ::1
//   auto:3000,8000-9000,~8080/tcp these, but not that; "~" leaves out (a "!" is the shell's)
//   0.0.0.0:auto, [::1]:auto:80   on this address of the host; ports below 1024 where named
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "rules/port_rule.hh"
#include "rules/port_text.hh"
#include "rules/unix_rule.hh"
#include "wire/address.hh"

namespace nsrun::rules {

struct AutoRule {
  std::optional<wire::Transport> transport;     // absent: both
  std::optional<wire::IpAddress> host_address;  // absent: 127.0.0.1 and ::1
  std::vector<PortRange> ports;                 // empty: 1024-65535
  std::vector<PortRange> left_out;

  bool covers(wire::Transport which, uint16_t port) const noexcept;
  // As it may be given to -p again.
  std::string to_string() const;
  friend bool operator==(const AutoRule&, const AutoRule&) = default;
};

// Whether `text` is meant as such a rule, and not as one with ports of its own (port_rule.hh).
bool is_auto_rule(std::string_view text) noexcept;
// The error names what is wrong and what is expected.
base::Result<AutoRule> parse_auto_rule(std::string_view text);

// Puts a rule of any kind that -p takes to its like. The error as above.
std::optional<base::Error> read_publish_rule(std::string_view text, std::vector<PortRule>& ports,
                                             std::vector<AutoRule>& automatic,
                                             std::vector<UnixRule>& sockets);

}  // namespace nsrun::rules
