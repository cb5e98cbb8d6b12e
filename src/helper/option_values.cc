// SPDX-License-Identifier: Apache-2.0
#include "helper/option_values.hh"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

#include "base/unix_address.hh"
#include "rules/host_port.hh"
#include "rules/interface.hh"
#include "rules/parse_each.hh"

namespace nsrun::helper {
namespace {

std::optional<int> parse_number(std::string_view text, int lowest, int highest) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < lowest || number > highest) return std::nullopt;
  return number;
}

}  // namespace

void ValueChecks::complain(std::string message) {
  if (!complaint_) complaint_ = std::move(message);
}

void ValueChecks::complain(std::string_view option, std::string_view value,
                           std::string_view expected) {
  complain(fmt::format("{} \"{}\": expected {}", option, value, expected));
}

void ValueChecks::descriptor(std::string_view option, const std::string& text,
                             std::optional<int>& number) {
  if (text.empty()) return;
  number = parse_number(text, 0, std::numeric_limits<int>::max());
  if (!number) complain(option, text, "the number of an open file descriptor");
}

void ValueChecks::mtu(const std::string& text, bool has_v6, unsigned& mtu) {
  if (text.empty()) return;
  const auto number = parse_number(text, rules::kMinMtuV4, rules::kMaxMtu);
  if (!number) {
    complain("--mtu", text,
             fmt::format("a number from {} to {}", rules::kMinMtuV4, rules::kMaxMtu));
  } else if (has_v6 && *number < rules::kMinMtuV6) {
    complain("--mtu", text, fmt::format("at least {}, as IPv6 needs it", rules::kMinMtuV6));
  } else {
    mtu = static_cast<unsigned>(*number);
  }
}

void ValueChecks::network(const std::string& cidr, const std::string& cidr6,
                          rules::NetworkPlan& plan) {
  auto made = rules::make_network_plan(cidr, cidr6);
  if (made) {
    plan = *made;
    return;
  }
  // An IPv4 network that is fine by itself leaves only the other one to blame.
  const bool is_v4_fine = rules::make_network_plan(cidr, "").ok();
  complain(fmt::format("{}: {}", is_v4_fine ? "--cidr6" : "--cidr", made.error()));
}

void ValueChecks::interface_name(const std::string& text, std::string& name) {
  if (rules::is_interface_name(text)) {
    name = text;
  } else {
    complain("TAPNAME", text,
             "1-15 printable characters other than blank, slash, colon and percent, and not all or "
             "default");
  }
}

void ValueChecks::mac(const std::string& text, std::optional<wire::MacAddress>& mac) {
  if (text.empty()) return;
  mac = wire::MacAddress::parse(text);
  if (!mac || mac->is_multicast() || *mac == wire::MacAddress{}) {
    complain("--macaddress", text, "a unicast MAC address like 52:54:00:12:34:56");
  }
}

void ValueChecks::outbound(std::string_view option, const std::string& text, bool is_v4) {
  if (text.empty()) return;
  const auto address = wire::IpAddress::parse(text);
  if (address ? address->is_v4() == is_v4 : rules::is_interface_name(text)) return;
  complain(option, text,
           is_v4 ? "an IPv4 address of the host, or an interface's name"
                 : "an IPv6 address of the host, or an interface's name");
}

void ValueChecks::api_socket(const std::optional<std::string>& text, std::string& path) {
  if (!text) return;
  path = *text;
  if (text->empty() || text->size() > base::UnixAddress::kMaxPathBytes) {
    complain("--api-socket", *text,
             fmt::format("a path of 1-{} bytes", base::UnixAddress::kMaxPathBytes));
  }
}

void ValueChecks::instance(const std::string& text, std::optional<Instance>& instance) {
  if (text.empty()) return;
  instance = parse_instance(text);
  if (!instance) complain("--instance", text, "NAME,STARTED,COMMAND");
}

void ValueChecks::tcp_engine(const std::string& text, TcpEngine& engine) {
  if (text.empty() || text == "accelerated") return;
  if (text == "libslirp") {
    engine = TcpEngine::kLibslirp;
  } else {
    complain("--tcp-engine", text, "accelerated or libslirp");
  }
}

void ValueChecks::publish(const std::vector<std::string>& texts,
                          std::vector<rules::PortRule>& rules,
                          std::vector<rules::AutoRule>& automatic,
                          std::vector<rules::UnixRule>& sockets) {
  for (const std::string& text : texts) {
    const auto error = rules::read_publish_rule(text, rules, automatic, sockets);
    if (error) complain(fmt::format("--publish: {}", error->message));
  }
}

void ValueChecks::host_ports(const std::vector<std::string>& texts,
                             std::vector<rules::PortRule>& rules,
                             std::vector<rules::UnixRule>& sockets) {
  for (const std::string& text : texts) {
    const auto error = rules::read_host_rule(text, rules, sockets);
    if (error) complain(fmt::format("--host-port: {}", error->message));
  }
}

void ValueChecks::listen(const std::vector<std::string>& texts,
                         std::vector<rules::ListenRule>& rules) {
  auto parsed = rules::parse_each(texts, rules::parse_listen_rule);
  if (parsed) {
    rules = std::move(*parsed);
  } else {
    complain(fmt::format("--listen-fd {}", parsed.error()));
  }
}

void ValueChecks::dns_servers(const std::vector<std::string>& texts,
                              std::vector<wire::IpAddress>& servers) {
  for (const std::string& text : texts) {
    if (const auto server = wire::IpAddress::parse(text)) {
      servers.push_back(*server);
    } else {
      complain("--dns", text, "the address of a name server, as the helper reaches it");
    }
  }
}

void ValueChecks::process(const std::string& text, Target& target) {
  const auto pid = parse_number(text, 1, std::numeric_limits<pid_t>::max());
  if (!pid) return complain(fmt::format("PID must be a positive integer, not \"{}\"", text));
  target = TargetProcess{*pid};
}

}  // namespace nsrun::helper
