// SPDX-License-Identifier: Apache-2.0
#include "ctl/text.hh"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace nsrun::ctl {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

}  // namespace

std::string format_age(int64_t seconds) {
  if (seconds < kMinute) return fmt::format("{}s", std::max<int64_t>(seconds, 0));
  if (seconds < kHour) return fmt::format("{}m", seconds / kMinute);
  if (seconds < kDay) return fmt::format("{}h", seconds / kHour);
  return fmt::format("{}d", seconds / kDay);
}

std::string format_bytes(uint64_t bytes) {
  constexpr double kStep = 1024;
  constexpr std::string_view kUnits = "KMGTPE";
  if (bytes < 1000) return fmt::format("{}", bytes);
  double value = static_cast<double>(bytes) / kStep;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= kStep;
    ++unit;
  }
  return value < 9.95 ? fmt::format("{:.1f}{}", value, kUnits[unit])
                      : fmt::format("{:.0f}{}", value, kUnits[unit]);
}

std::string format_microseconds(int64_t microseconds) {
  const double milliseconds = static_cast<double>(microseconds) / 1000;
  if (milliseconds < 1) return fmt::format("{:.2f}ms", milliseconds);
  return milliseconds < 100 ? fmt::format("{:.1f}ms", milliseconds)
                            : fmt::format("{:.0f}ms", milliseconds);
}

std::string endpoint_text(const nlohmann::json& entry, const char* address, const char* port) {
  const std::string host = entry.at(address);
  return host.find(':') == std::string::npos
             ? fmt::format("{}:{}", host, entry.at(port).get<int>())
             : fmt::format("[{}]:{}", host, entry.at(port).get<int>());
}

std::string to_lines(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string printable(std::string text) {
  unsigned char before = 0;
  for (char& character : text) {
    const auto byte = static_cast<unsigned char>(character);
    const bool is_c0 = byte < ' ' || byte == 0x7f;
    // Alone, or as UTF-8 has them; other letters hold such bytes, too.
    const bool is_c1 = byte >= 0x80 && byte < 0xa0 && (before < 0x80 || before == 0xc2);
    if (is_c0 || is_c1) character = '?';
    before = byte;
  }
  return text;
}

}  // namespace nsrun::ctl
