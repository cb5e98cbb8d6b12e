// SPDX-License-Identifier: Apache-2.0
#include "rules/host_port.hh"

#include <fmt/format.h>

#include "rules/parse_each.hh"

namespace nsrun::rules {

base::Result<PortRule> parse_host_port(std::string_view text) {
  auto rule = parse_port_rule(text);
  if (!rule) return rule;
  if (rule->transport != wire::Transport::kTcp) {
    return base::Error{fmt::format("\"{}\": expected a TCP service", text)};
  }
  if (rule->host_address && rule->host_address->is_unspecified()) {
    return base::Error{fmt::format("\"{}\": expected the address of the service", text)};
  }
  return rule;
}

std::optional<base::Error> read_host_rule(std::string_view text, std::vector<PortRule>& ports,
                                          std::vector<UnixRule>& sockets) {
  return is_unix_rule(text) ? append_rule(sockets, parse_unix_rule(text))
                            : append_rule(ports, parse_host_port(text));
}

}  // namespace nsrun::rules
