// SPDX-License-Identifier: Apache-2.0
#include "rules/listen_rule.hh"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

namespace nsrun::rules {
namespace {

constexpr int kFirstNumber = 3;

// Nothing but digits.
std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

base::Result<ListenRule> parse_listen_rule(std::string_view text) {
  const size_t colon = text.find(':');
  const auto number = parse_number(text.substr(0, colon));
  if (!number || *number < kFirstNumber) {
    return base::Error{fmt::format("\"{}\": expected FD or FD:PORT, FD an open descriptor from {}",
                                   text, kFirstNumber)};
  }
  if (colon == std::string_view::npos) return ListenRule{*number, 0};
  const auto port = parse_number(text.substr(colon + 1));
  if (!port || *port == 0 || *port > std::numeric_limits<uint16_t>::max()) {
    return base::Error{fmt::format("\"{}\": expected a port of 1-65535 after the colon", text)};
  }
  return ListenRule{*number, static_cast<uint16_t>(*port)};
}

}  // namespace nsrun::rules
