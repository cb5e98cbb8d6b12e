// SPDX-License-Identifier: Apache-2.0
#include "ctl/top_rows.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "ctl/connections.hh"
#include "ctl/text.hh"
#include "rules/text.hh"

namespace nsrun::ctl {
namespace {

using nlohmann::json;

constexpr const char* kFromGuestRate = "bytes_from_guest_per_s";
constexpr const char* kToGuestRate = "bytes_to_guest_per_s";
constexpr const char* kToHostRate = "bytes_to_host_per_s";

// Counters begin at 0 again with a new helper, or a new flow of the same name.
uint64_t rate(uint64_t before, uint64_t after, double seconds) noexcept {
  if (seconds <= 0) return 0;
  const uint64_t grown = after >= before ? after - before : after;
  return static_cast<uint64_t>(static_cast<double>(grown) / seconds);
}

// What first has not seen before has no rate yet.
uint64_t rate(const json* before, const json& after, const char* member, double seconds) {
  const auto value = after.at(member).get<uint64_t>();
  return rate(before == nullptr ? value : before->at(member).get<uint64_t>(), value, seconds);
}

std::string name_of(const json& flow) {
  return fmt::format("{} {} {}", flow.at("proto").get<std::string>(),
                     endpoint_text(flow, "guest_addr", "guest_port"),
                     endpoint_text(flow, "remote_addr", "remote_port"));
}

uint64_t difference(const json& counters, const char* opened, const char* closed) {
  const auto more = counters.at(opened).get<uint64_t>();
  const auto less = counters.at(closed).get<uint64_t>();
  return more - std::min(more, less);
}

uint64_t dropped_in(const json& counters) {
  uint64_t sum = 0;
  for (const auto& [name, value] : counters.items()) {
    if (name.starts_with("dropped_")) sum += value.get<uint64_t>();
  }
  return sum;
}

}  // namespace

json instance_rows(const json& before, const json& after, double seconds, int64_t now) {
  std::map<std::string, const json*> seen;
  for (const json& instance : before) seen[instance.at("info").at("name")] = &instance.at("stats");
  json rows = json::array();
  for (const json& instance : after) {
    const json& info = instance.at("info");
    const json& counters = instance.at("stats");
    const auto found = seen.find(info.at("name"));
    const json* earlier = found == seen.end() ? nullptr : found->second;
    rows.push_back({{"name", info.at("name")},
                    {"pid", info.at("pid")},
                    {"age_s", now - info.at("started").get<int64_t>()},
                    {"command", info.at("command")},
                    {kFromGuestRate, rate(earlier, counters, "bytes_from_guest", seconds)},
                    {kToGuestRate, rate(earlier, counters, "bytes_to_guest", seconds)},
                    {"tcp", difference(counters, "tcp_flows_opened", "tcp_flows_closed")},
                    {"udp", difference(counters, "udp_flows_opened", "udp_flows_expired")},
                    {"denied", counters.at("denied_by_policy")},
                    {"dropped", dropped_in(counters)}});
  }
  return rows;
}

json connection_rows(const json& before, const json& after, double seconds) {
  std::map<std::string, const json*> seen;
  for (const json& flow : before.at("connections")) seen[name_of(flow)] = &flow;
  std::vector<json> rows;
  for (const json& flow : after.at("connections")) {
    const auto found = seen.find(name_of(flow));
    // A flow that is younger has all its bytes from this while.
    const json unborn{{"bytes_to_host", 0}, {"bytes_to_guest", 0}};
    const json& earlier = found == seen.end() ? unborn : *found->second;
    rows.push_back(flow);
    rows.back()[kToHostRate] = rate(&earlier, flow, "bytes_to_host", seconds);
    rows.back()[kToGuestRate] = rate(&earlier, flow, "bytes_to_guest", seconds);
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), [](const json& row) {
    return row.at(kToHostRate).get<uint64_t>() + row.at(kToGuestRate).get<uint64_t>();
  });
  return rows;
}

std::string format_instance_rows(const json& rows) {
  std::string text =
      fmt::format("{:<20} {:>8} {:>5} {:>7} {:>7} {:>5} {:>5} {:>7} {:>7}  {}\n", "NAME", "PID",
                  "AGE", "SENT/s", "RECV/s", "TCP", "UDP", "DENIED", "DROPPED", "COMMAND");
  for (const json& row : rows) {
    const auto number = [&](const char* member) { return row.at(member).get<uint64_t>(); };
    text += printable(fmt::format(
                "{:<20} {:>8} {:>5} {:>7} {:>7} {:>5} {:>5} {:>7} {:>7}  {}",
                row.at("name").get<std::string>(), number("pid"),
                format_age(row.at("age_s").get<int64_t>()), format_bytes(number(kFromGuestRate)),
                format_bytes(number(kToGuestRate)), number("tcp"), number("udp"), number("denied"),
                number("dropped"), row.at("command").get<std::string>())) +
            "\n";
  }
  return text;
}

std::string format_connection_rows(const json& rows) {
  return format_flows(rows, {"SENT/s", kToHostRate}, {"RECV/s", kToGuestRate});
}

std::string fitted(std::string_view text, size_t rows, size_t columns) {
  std::string result;
  size_t count = 0;
  rules::for_each_line(text, [&](std::string_view line) {
    if (count++ >= rows) return;
    size_t length = std::min(line.size(), columns);
    // Not in the middle of a character (UTF-8).
    while (length > 0 && length < line.size() && (line[length] & 0xc0) == 0x80) --length;
    result += line.substr(0, length);
    result += '\n';
  });
  return result;
}

}  // namespace nsrun::ctl
