// SPDX-License-Identifier: Apache-2.0
//
// hosts(5) for the guest: the host's own lines, led by the names that mean something else in the
// guest. Pure text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/network_plan.hh"
#include "wire/address.hh"

namespace nsrun::rules {

// The gateway's name in the guest: the host, as far as the guest may reach it.
inline constexpr std::string_view kHostAlias = "host.netns.internal";

struct HostName {
  std::string name;
  wire::IpAddress address;
};

// `added`: what the user wants to be there; it counts instead of what the names are otherwise.
// `host_text`: the host's /etc/hosts, "" when it has none. Its lines are kept, but lose
// `host_name`, kHostAlias and the names in `added`: resolvers give all addresses of a name, and
// there they name another machine. Both names of ours get IPv4 addresses only: most services listen
// on that family alone, and many clients try only the first address, which would be the IPv6 one.
std::string hosts_file_for_guest(std::string_view host_text, std::string_view host_name,
                                 const NetworkPlan& plan, const std::vector<HostName>& added = {});

}  // namespace nsrun::rules
