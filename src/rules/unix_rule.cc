// SPDX-License-Identifier: Apache-2.0
#include "rules/unix_rule.hh"

#include <fmt/format.h>

#include "base/unix_address.hh"
#include "rules/port_text.hh"

namespace nsrun::rules {
namespace {

using base::Error;
using base::Result;

constexpr std::string_view kPrefix = "unix:";

std::string_view complaint_about(std::string_view path) {
  if (path.empty()) return "expected unix:PATH:GUEST_PORT";
  if (path.size() > base::UnixAddress::kMaxPathBytes) return "the path is longer than 107 bytes";
  if (path.front() == '@') return "expected a path, not an abstract socket";
  if (path.find('\0') != std::string_view::npos) return "the path contains a zero byte";
  return {};
}

}  // namespace

std::string UnixRule::to_string() const {
  return fmt::format("{}{}:{}", kPrefix, path, guest_port);
}

bool is_unix_rule(std::string_view text) noexcept { return text.starts_with(kPrefix); }

Result<UnixRule> parse_unix_rule(std::string_view text) {
  // A path may have colons.
  const size_t colon = text.rfind(':');
  if (!is_unix_rule(text) || colon < kPrefix.size()) {
    return Error{fmt::format("invalid rule \"{}\": {}", text, complaint_about(""))};
  }
  const std::string_view path = text.substr(kPrefix.size(), colon - kPrefix.size());
  std::string_view port = text.substr(colon + 1);
  const auto transport = take_transport(port, text);
  if (!transport) return Error{transport.error()};
  if (transport->value_or(wire::Transport::kTcp) != wire::Transport::kTcp) {
    return Error{fmt::format("invalid rule \"{}\": a Unix socket leads to a TCP port", text)};
  }
  const auto range = parse_port_range(port, text);
  if (!range) return Error{range.error()};
  if (range->count() > 1) {
    return Error{fmt::format("invalid rule \"{}\": a Unix socket leads to one port", text)};
  }
  if (const auto complaint = complaint_about(path); !complaint.empty()) {
    return Error{fmt::format("invalid rule \"{}\": {}", text, complaint)};
  }
  return UnixRule{std::string(path), range->first};
}

}  // namespace nsrun::rules
