// SPDX-License-Identifier: Apache-2.0
#include "rules/port_rule.hh"

#include <fmt/format.h>

#include "rules/port_text.hh"

namespace nsrun::rules {
namespace {

using base::Error;
using base::Result;

constexpr std::string_view kGrammar =
    "[[ADDRESS:]HOST_PORT:]GUEST_PORT[/tcp|/udp], an IPv6 address in brackets";

// `ports`: what stands before the slash and after the address.
Result<PortRule> parse_ports(PortRule parsed, std::string_view ports, std::string_view rule) {
  const size_t colon = ports.find(':');
  if (colon == std::string_view::npos && parsed.host_address) {
    return Error{fmt::format("only one port in \"{}\": an address needs both, as in {}:{}", rule,
                             rule.substr(0, rule.find('/')), ports)};
  }
  const auto host = parse_port_range(ports.substr(0, colon), rule);
  if (!host) return Error{host.error()};
  const auto guest =
      colon == std::string_view::npos ? host : parse_port_range(ports.substr(colon + 1), rule);
  if (!guest) return Error{guest.error()};
  if (host->count() != guest->count()) {
    return Error{fmt::format("ranges of different length in \"{}\": {} host ports, {} guest ports",
                             rule, host->count(), guest->count())};
  }
  parsed.host_first = host->first;
  parsed.guest_first = guest->first;
  parsed.count = static_cast<uint16_t>(host->count());
  return parsed;
}

// Cuts an address and its colon from the front of `rest`; leaves a rule without one alone.
Result<std::optional<wire::IpAddress>> take_address(std::string_view& rest, std::string_view rule) {
  const bool has_bracket = rest.starts_with('[');
  const size_t first_colon = rest.find(':');
  const size_t end = has_bracket ? rest.find("]:") : first_colon;
  // "A:B" are two ports, save when A can only be an address.
  const bool has_address =
      has_bracket ||
      (end != std::string_view::npos && (rest.find(':', end + 1) != std::string_view::npos ||
                                         rest.substr(0, end).find('.') != std::string_view::npos));
  if (!has_address) return std::optional<wire::IpAddress>();
  if (end == std::string_view::npos) {
    return Error{fmt::format("invalid port rule \"{}\": expected {}", rule, kGrammar)};
  }
  const std::string_view text = rest.substr(0, end + (has_bracket ? 1 : 0));
  rest.remove_prefix(text.size() + 1);
  const auto address = parse_host_address(text, rule);
  if (!address) return Error{address.error()};
  return std::optional(*address);
}

// `count` is at least 1, and no range goes beyond the last port.
PortRange range_of(uint16_t first, uint16_t count) noexcept {
  return {first, static_cast<uint16_t>(first + count - 1)};
}

}  // namespace

std::string PortForward::to_string() const {
  return fmt::format("{} {} -> {}", transport_name(transport), host, guest);
}

std::string PortRule::to_string() const {
  std::string ports =
      fmt::format("{}:{}/{}", range_of(host_first, count).to_string(),
                  range_of(guest_first, count).to_string(), transport_name(transport));
  return host_address ? fmt::format("{}:{}", host_address_text(*host_address), ports) : ports;
}

std::vector<PortForward> PortRule::expand(bool with_v6) const {
  std::vector<PortForward> forwards;
  const auto add = [&](const wire::IpAddress& address, unsigned index) {
    const auto host_port = static_cast<uint16_t>(host_first + index);
    const auto guest_port = static_cast<uint16_t>(guest_first + index);
    const wire::IpAddress guest = address.is_v4() ? wire::kAnyV4 : wire::kAnyV6;
    forwards.push_back({transport, {address, host_port}, {guest, guest_port}});
  };
  for (unsigned index = 0; index < count; ++index) {
    add(host_address.value_or(wire::kAnyV4), index);
    if (!host_address && with_v6) add(wire::kAnyV6, index);
  }
  return forwards;
}

Result<PortRule> parse_port_rule(std::string_view text) {
  PortRule parsed;
  std::string_view rest = text;
  const auto transport = take_transport(rest, text);
  if (!transport) return Error{transport.error()};
  parsed.transport = transport->value_or(wire::Transport::kTcp);
  const auto address = take_address(rest, text);
  if (!address) return Error{address.error()};
  parsed.host_address = *address;
  return parse_ports(parsed, rest, text);
}

}  // namespace nsrun::rules
