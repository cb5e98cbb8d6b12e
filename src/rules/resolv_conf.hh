// SPDX-License-Identifier: Apache-2.0
//
// resolv.conf(5) text to values and back. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/network_plan.hh"
#include "wire/address.hh"

namespace nsrun::rules {

struct NameServer {
  wire::IpAddress address;
  std::string zone = {};  // of "fe80::1%eth0": the interface that leads there (RFC 4007)
  friend bool operator==(const NameServer&, const NameServer&) = default;
};

struct ResolvConf {
  std::vector<NameServer> servers;   // in order; bad ones are left out
  std::vector<std::string> search;   // the last "search" or "domain" line, as resolv.conf(5) says
  std::vector<std::string> options;  // of all "options" lines

  friend bool operator==(const ResolvConf&, const ResolvConf&) = default;
};

// Never fails: what cannot be understood is left out. Without any server the list is empty; the
// caller decides (resolv.conf(5): then 127.0.0.1).
ResolvConf parse_resolv_conf(std::string_view text);

std::string format_resolv_conf(const ResolvConf& conf);

// The number of the interface that `zone` means, which may be a number itself; 0 for none.
// `if_inet6`: the text of /proc/net/if_inet6, a line for each IPv6 address.
uint32_t interface_of_zone(std::string_view zone, std::string_view if_inet6);

// The host's search domains and options with the plan's DNS addresses as servers.
ResolvConf resolv_conf_for_guest(const ResolvConf& host, const NetworkPlan& plan);

}  // namespace nsrun::rules
