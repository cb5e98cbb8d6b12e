// SPDX-License-Identifier: Apache-2.0
//
// What -L means: "5432", "5432:15432", "192.0.2.1:5432:15432", "8000-8010:9000-9010": ports of the
// host, and where they appear on the guest's loopback. As -p has it, the host's part in front. Or
// "unix:/run/db.sock:5432": a Unix socket of the host (unix_rule.hh).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "rules/port_rule.hh"
#include "rules/unix_rule.hh"

namespace nsrun::rules {

// TCP only, and an address at which one can connect. The error names what is wrong.
base::Result<PortRule> parse_host_port(std::string_view text);
// Puts a rule of either kind to its like. The error as above.
std::optional<base::Error> read_host_rule(std::string_view text, std::vector<PortRule>& ports,
                                          std::vector<UnixRule>& sockets);

}  // namespace nsrun::rules
