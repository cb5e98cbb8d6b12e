// SPDX-License-Identifier: Apache-2.0
//
// Checks of option values, each text to a value or to a complaint. The first complaint wins; later
// checks still run and do no harm. An empty text means that the option was not given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "helper/options.hh"

namespace nsrun::helper {

class ValueChecks {
 public:
  void descriptor(std::string_view option, const std::string& text, std::optional<int>& number);
  void mtu(const std::string& text, bool has_v6, unsigned& mtu);
  // An empty `cidr6`: no IPv6.
  void network(const std::string& cidr, const std::string& cidr6, rules::NetworkPlan& plan);
  void interface_name(const std::string& text, std::string& name);
  void mac(const std::string& text, std::optional<wire::MacAddress>& mac);
  void outbound(std::string_view option, const std::string& text, bool is_v4);
  void api_socket(const std::optional<std::string>& text, std::string& path);
  void instance(const std::string& text, std::optional<Instance>& instance);
  void tcp_engine(const std::string& text, TcpEngine& engine);
  void publish(const std::vector<std::string>& texts, std::vector<rules::PortRule>& rules,
               std::vector<rules::AutoRule>& automatic, std::vector<rules::UnixRule>& sockets);
  void host_ports(const std::vector<std::string>& texts, std::vector<rules::PortRule>& rules,
                  std::vector<rules::UnixRule>& sockets);
  void listen(const std::vector<std::string>& texts, std::vector<rules::ListenRule>& rules);
  void dns_servers(const std::vector<std::string>& texts, std::vector<wire::IpAddress>& servers);
  void process(const std::string& text, Target& target);
  void complain(std::string message);

  const std::optional<std::string>& first_complaint() const noexcept { return complaint_; }

 private:
  void complain(std::string_view option, std::string_view value, std::string_view expected);

  std::optional<std::string> complaint_;
};

}  // namespace nsrun::helper
