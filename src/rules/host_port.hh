// SPDX-License-Identifier: Apache-2.0
//
// What -L means: "5432", "5432:15432", "192.0.2.1:5432:15432", "8000-8010:9000-9010": ports of the
// host, and where they appear on the guest's loopback. As -p has it, the host's part in front.
#pragma once

#include <string_view>

#include "base/result.hh"
#include "rules/port_rule.hh"

namespace nsrun::rules {

// TCP only, and an address at which one can connect. The error names what is wrong.
base::Result<PortRule> parse_host_port(std::string_view text);

}  // namespace nsrun::rules
