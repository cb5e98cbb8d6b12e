// SPDX-License-Identifier: Apache-2.0
#include "rules/port_text.hh"

#include <fmt/format.h>

#include <charconv>

namespace nsrun::rules {
namespace {

using base::Error;
using base::Result;

Result<uint16_t> parse_port(std::string_view text, std::string_view rule) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) {
    return Error{fmt::format("invalid port \"{}\" in \"{}\": expected 1-65535", text, rule)};
  }
  return port;
}

}  // namespace

std::string PortRange::to_string() const {
  return first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
}

std::string_view transport_name(wire::Transport transport) noexcept {
  return transport == wire::Transport::kTcp ? "tcp" : "udp";
}

Result<PortRange> parse_port_range(std::string_view text, std::string_view rule) {
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

Result<std::optional<wire::Transport>> take_transport(std::string_view& rest,
                                                      std::string_view rule) {
  const size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) return std::optional<wire::Transport>();
  const std::string_view text = rest.substr(slash + 1);
  rest = rest.substr(0, slash);
  if (text == "tcp") return std::optional(wire::Transport::kTcp);
  if (text == "udp") return std::optional(wire::Transport::kUdp);
  return Error{fmt::format("invalid protocol \"{}\" in \"{}\": expected tcp or udp", text, rule)};
}

Result<wire::IpAddress> parse_host_address(std::string_view text, std::string_view rule) {
  const bool has_brackets = text.size() >= 2 && text.starts_with('[') && text.ends_with(']');
  if (has_brackets) text = text.substr(1, text.size() - 2);
  const auto address = wire::IpAddress::parse(text.substr(0, text.find('%')));
  if (has_brackets && address && address->is_link_local_v6()) {
    return Error{
        fmt::format("invalid address \"{}\" in \"{}\": a link-local one would need its interface, "
                    "which a rule cannot name; expected another one, or none for all of them",
                    text, rule)};
  }
  if (!address || text.find('%') != std::string_view::npos || address->is_v6() != has_brackets) {
    return Error{
        fmt::format("invalid address \"{}\" in \"{}\": expected an IPv4 address, or an IPv6 "
                    "address in brackets",
                    text, rule)};
  }
  if (address->is_multicast_or_broadcast()) {
    return Error{fmt::format(
        "invalid address \"{}\" in \"{}\": expected one of this host's, not multicast or broadcast",
        text, rule)};
  }
  return *address;
}

std::string host_address_text(const wire::IpAddress& address) {
  return address.is_v4() ? address.to_string() : fmt::format("[{}]", address);
}

}  // namespace nsrun::rules
