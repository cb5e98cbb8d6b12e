// SPDX-License-Identifier: Apache-2.0
//
// Any text as a port rule, a network and an address: what is understood can be written and read
// again.
#include "rules/port_rule.hh"

#include "bytes.hh"
#include "rules/auto_rule.hh"
#include "rules/network_plan.hh"
#include "rules/unix_rule.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto rule = rules::parse_port_rule(text)) {
    NSRUN_CHECK(rules::parse_port_rule(rule->to_string()).value() == *rule);
    const auto forwards = rule->expand(true);
    NSRUN_CHECK(forwards.size() == size_t{rule->count} * (rule->host_address ? 1 : 2));
    NSRUN_CHECK(forwards.back().host.port == rule->host_first + rule->count - 1);
    NSRUN_CHECK(forwards.back().guest.port == rule->guest_first + rule->count - 1);
  }
  if (const auto rule = rules::parse_auto_rule(text)) {
    NSRUN_CHECK(rules::is_auto_rule(text) && rules::is_auto_rule(rule->to_string()));
    NSRUN_CHECK(rules::parse_auto_rule(rule->to_string()).value() == *rule);
    for (const rules::PortRange& range : rule->left_out) {
      NSRUN_CHECK(!rule->covers(wire::Transport::kTcp, range.first));
    }
  }
  if (const auto rule = rules::parse_unix_rule(text)) {
    NSRUN_CHECK(rules::parse_unix_rule(rule->to_string()).value() == *rule);
  }
  if (const auto plan = rules::make_network_plan(text, "")) {
    NSRUN_CHECK(plan->v4.contains(plan->guest_v4) && plan->v4.contains(plan->dhcp_start_v4));
  }
  if (const auto plan = rules::make_network_plan(rules::kDefaultCidr, text); plan && plan->has_v6) {
    NSRUN_CHECK(plan->v6.contains(plan->guest_v6) && plan->v6.contains(plan->dns_v6));
  }
  if (const auto address = wire::IpAddress::parse(text)) {
    NSRUN_CHECK(wire::IpAddress::parse(address->to_string()) == *address);
  }
  if (const auto mac = wire::MacAddress::parse(text)) {
    NSRUN_CHECK(wire::MacAddress::parse(mac->to_string()) == *mac);
  }
  return 0;
}
