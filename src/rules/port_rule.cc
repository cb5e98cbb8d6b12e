// SPDX-License-Identifier: Apache-2.0
#include "rules/port_rule.hh"

#include <fmt/format.h>

#include <charconv>

namespace nsrun::rules {
namespace {

using base::Error;
using base::Result;

constexpr std::string_view kGrammar =
    "[ADDRESS:]HOST_PORT:GUEST_PORT[/tcp|/udp], an IPv6 address in brackets";

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;
  unsigned count() const noexcept { return last - first + 1U; }
};

std::string_view transport_name(wire::Transport transport) noexcept {
  return transport == wire::Transport::kTcp ? "tcp" : "udp";
}

// Each parser of a part names the part, and the whole text as `rule`.
Result<uint16_t> parse_port(std::string_view text, std::string_view rule) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) {
    return Error{fmt::format("invalid port \"{}\" in \"{}\": expected 1-65535", text, rule)};
  }
  return port;
}

Result<PortRange> parse_range(std::string_view text, std::string_view rule) {
  const size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash), rule);
  if (!first) return Error{first.error()};
  if (dash == std::string_view::npos) return PortRange{*first, *first};
  const auto last = parse_port(text.substr(dash + 1), rule);
  if (!last) return Error{last.error()};
  if (*last < *first) {
    return Error{
        fmt::format("invalid range \"{}\" in \"{}\": expected the lower port first", text, rule)};
  }
  return PortRange{*first, *last};
}

Result<wire::Transport> parse_transport(std::string_view text, std::string_view rule) {
  if (text == "tcp") return wire::Transport::kTcp;
  if (text == "udp") return wire::Transport::kUdp;
  return Error{fmt::format("invalid protocol \"{}\" in \"{}\": expected tcp or udp", text, rule)};
}

// `ports`: what stands before the slash and after the address.
Result<PortRule> parse_ports(PortRule parsed, std::string_view ports, std::string_view rule) {
  const size_t colon = ports.find(':');
  if (colon == std::string_view::npos && parsed.host_address) {
    return Error{fmt::format("only one port in \"{}\": an address needs both, as in {}:{}", rule,
                             rule.substr(0, rule.find('/')), ports)};
  }
  const auto host = parse_range(ports.substr(0, colon), rule);
  if (!host) return Error{host.error()};
  const auto guest =
      colon == std::string_view::npos ? host : parse_range(ports.substr(colon + 1), rule);
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
  const std::string_view text = has_bracket ? rest.substr(1, end - 1) : rest.substr(0, end);
  rest.remove_prefix(end + (has_bracket ? 2 : 1));
  const auto address = wire::IpAddress::parse(text);
  if (!address || address->is_v6() != has_bracket) {
    return Error{
        fmt::format("invalid address \"{}\" in \"{}\": expected an IPv4 address, or an IPv6 "
                    "address in brackets",
                    text, rule)};
  }
  return address;
}

std::string range_text(unsigned first, unsigned count) {
  return count == 1 ? fmt::format("{}", first) : fmt::format("{}-{}", first, first + count - 1);
}

}  // namespace

std::string PortForward::to_string() const {
  return fmt::format("{} {} -> {}", transport_name(transport), host, guest);
}

std::string PortRule::to_string() const {
  std::string ports = fmt::format("{}:{}/{}", range_text(host_first, count),
                                  range_text(guest_first, count), transport_name(transport));
  if (!host_address) return ports;
  return host_address->is_v4() ? fmt::format("{}:{}", *host_address, ports)
                               : fmt::format("[{}]:{}", *host_address, ports);
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
  if (const size_t slash = rest.rfind('/'); slash != std::string_view::npos) {
    const auto transport = parse_transport(rest.substr(slash + 1), text);
    if (!transport) return Error{transport.error()};
    parsed.transport = *transport;
    rest = rest.substr(0, slash);
  }
  const auto address = take_address(rest, text);
  if (!address) return Error{address.error()};
  parsed.host_address = *address;
  return parse_ports(parsed, rest, text);
}

}  // namespace nsrun::rules
