// SPDX-License-Identifier: Apache-2.0
#include "rules/auto_rule.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "rules/parse_each.hh"

namespace nsrun::rules {
namespace {

using base::Error;
using base::Result;

constexpr std::string_view kWord = "auto";
constexpr std::string_view kGrammar =
    "[ADDRESS:]auto[:PORTS][/tcp|/udp], PORTS as 3000,8000-9000,~8080, an IPv6 address in brackets";
constexpr PortRange kUnprivileged{1024, std::numeric_limits<uint16_t>::max()};

bool contains(const std::vector<PortRange>& ranges, uint16_t port) noexcept {
  return std::ranges::any_of(ranges, [&](const PortRange& each) { return each.contains(port); });
}

Error grammar_error(std::string_view rule) {
  return Error{fmt::format("invalid port rule \"{}\": expected {}", rule, kGrammar)};
}

// "3000,8000-9000,~8080"
std::optional<Error> parse_list(std::string_view list, std::string_view rule, AutoRule& parsed) {
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    std::string_view part = list.substr(begin, end - begin);
    const bool is_left_out = part.starts_with('~');
    if (is_left_out) part.remove_prefix(1);
    const auto range = parse_port_range(part, rule);
    if (!range) return Error{range.error()};
    (is_left_out ? parsed.left_out : parsed.ports).push_back(*range);
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace

bool AutoRule::covers(wire::Transport which, uint16_t port) const noexcept {
  if (transport && *transport != which) return false;
  const bool is_named = ports.empty() ? kUnprivileged.contains(port) : contains(ports, port);
  return is_named && !contains(left_out, port);
}

std::string AutoRule::to_string() const {
  std::vector<std::string> parts;
  for (const PortRange& range : ports) parts.push_back(range.to_string());
  for (const PortRange& range : left_out) parts.push_back("~" + range.to_string());
  return fmt::format("{}{}{}{}{}{}{}", host_address ? host_address_text(*host_address) : "",
                     host_address ? ":" : "", kWord, parts.empty() ? "" : ":",
                     fmt::join(parts, ","), transport ? "/" : "",
                     transport ? transport_name(*transport) : "");
}

// No other word of a rule has an "o", but a path may (is_unix_rule()).
bool is_auto_rule(std::string_view text) noexcept {
  return text.find(kWord) != std::string_view::npos;
}

Result<AutoRule> parse_auto_rule(std::string_view text) {
  AutoRule parsed;
  std::string_view rest = text;
  const auto transport = take_transport(rest, text);
  if (!transport) return Error{transport.error()};
  parsed.transport = *transport;
  const size_t word = rest.find(kWord);
  if (word == std::string_view::npos) return grammar_error(text);
  if (word > 0) {
    if (rest[word - 1] != ':') return grammar_error(text);
    const auto address = parse_host_address(rest.substr(0, word - 1), text);
    if (!address) return Error{address.error()};
    parsed.host_address = *address;
  }
  rest.remove_prefix(word + kWord.size());
  if (rest.empty()) return parsed;
  if (rest[0] != ':') return grammar_error(text);
  if (auto error = parse_list(rest.substr(1), text, parsed)) return *error;
  return parsed;
}

std::optional<Error> read_publish_rule(std::string_view text, std::vector<PortRule>& ports,
                                       std::vector<AutoRule>& automatic,
                                       std::vector<UnixRule>& sockets) {
  if (is_unix_rule(text)) return append_rule(sockets, parse_unix_rule(text));
  return is_auto_rule(text) ? append_rule(automatic, parse_auto_rule(text))
                            : append_rule(ports, parse_port_rule(text));
}

}  // namespace nsrun::rules
