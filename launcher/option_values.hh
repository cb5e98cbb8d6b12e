// SPDX-License-Identifier: Apache-2.0
//
// Checks of option values, each text to a value or to a complaint "--option "value": what is
// expected". The first complaint wins; later checks still run and do no harm.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/limits.hh"
#include "launcher/name_options.hh"
#include "os/id_maps.hh"
#include "rules/auto_rule.hh"
#include "rules/listen_rule.hh"
#include "rules/network_plan.hh"
#include "rules/port_rule.hh"
#include "sandbox/capability_set.hh"
#include "wire/address.hh"

namespace nsrun::launcher {

// Absent: the option was not given, and the value stays as it is.
using OptionText = std::optional<std::string>;

class ValueChecks {
 public:
  void publish(const std::vector<std::string>& texts, std::vector<rules::PortRule>& rules,
               std::vector<rules::AutoRule>& automatic, std::vector<rules::UnixRule>& sockets);
  void host_ports(const std::vector<std::string>& texts, std::vector<rules::PortRule>& rules,
                  std::vector<rules::UnixRule>& sockets);
  void listen(const std::vector<std::string>& texts, std::vector<rules::ListenRule>& rules);
  // `without_v6`: --no-ipv6 was given, then an empty `cidr6` is right.
  void network(const std::string& cidr, const std::string& cidr6, bool without_v6,
               rules::NetworkPlan& plan);
  // After network(): "host-gateway" is an address of the plan.
  void names(const NameWords& words, bool has_dns, const rules::NetworkPlan& plan,
             NameOptions& names);
  void mtu(const OptionText& text, bool has_v6, unsigned& mtu);
  void interface_name(const OptionText& text, std::string& name);
  void mac(const OptionText& text, std::optional<wire::MacAddress>& mac);
  void outbound(std::string_view option, const OptionText& text, bool is_v4, std::string& outbound);
  void tcp_engine(const OptionText& text, std::string& engine);
  void api_socket(const OptionText& text, std::string& path);
  void name(const OptionText& text, std::string& name);
  void netns(const OptionText& text, std::string& netns);
  void limits(const OptionText& memory, const OptionText& cpus, const OptionText& pids,
              Limits& limits);
  void host_name(const OptionText& text, std::string& name);
  // One of two words: false or true.
  void choice(std::string_view option, const OptionText& text, std::string_view if_false,
              std::string_view if_true, bool& value);
  // Each text is INSIDE:OUTSIDE:COUNT.
  void id_map(std::string_view option, const std::vector<std::string>& texts, os::IdMap& map);
  // As Docker does it, from the full set of --map-root: what is added wins over what is dropped,
  // but from an added ALL single ones can be dropped. Each text is a name or several with commas.
  sandbox::CapabilitySet capabilities(const std::vector<std::string>& added,
                                      const std::vector<std::string>& dropped, bool has_rights);

  const std::optional<std::string>& first_complaint() const noexcept { return complaint_; }

 private:
  struct NamedCapabilities {
    bool has_all = false;
    sandbox::CapabilitySet single = sandbox::kNoCapabilities;
  };
  NamedCapabilities named_capabilities(std::string_view option,
                                       const std::vector<std::string>& texts);
  void complain(std::string_view option, std::string_view value, std::string_view expected);

  std::optional<std::string> complaint_;
};

}  // namespace nsrun::launcher
