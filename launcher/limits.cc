// SPDX-License-Identifier: Apache-2.0
#include "launcher/limits.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::launcher {
namespace {

constexpr double kMostMicroseconds = 1e10;  // ten thousand processors
constexpr double kMostBytes = 0x1p62;

// A decimal number in front of `rest`; negative: there is none.
double take_decimal(std::string_view& rest) {
  const size_t length = std::min(rest.find_first_not_of("0123456789."), rest.size());
  const std::string number(rest.substr(0, length));
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || number.front() == '.') return -1;
  rest.remove_prefix(length);
  return value;
}

// "", "b", "k", "kb", "kib" and so on, in either case: a power of 1024; negative: none of them.
int power_of_suffix(std::string_view suffix) {
  std::string small(suffix);
  std::ranges::transform(small, small.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  if (small.empty() || small == "b") return 0;
  constexpr std::string_view kLetters = "kmgtp";
  const size_t place = kLetters.find(small.front());
  const std::string_view rest = std::string_view(small).substr(1);
  if (place == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib")) return -1;
  return static_cast<int>(place) + 1;
}

std::string joined(const std::vector<LimitFile>& files,
                   const std::function<bool(const LimitFile&)>& is_missing) {
  std::string text;
  for (const LimitFile& file : files) {
    if (!is_missing(file)) continue;
    text += fmt::format("{}{} for {}", text.empty() ? "" : ", ", file.controller, file.option);
  }
  return text;
}

}  // namespace

std::optional<uint64_t> parse_memory(std::string_view text) {
  const double number = take_decimal(text);
  const int power = power_of_suffix(text);
  if (number < 0 || power < 0) return std::nullopt;
  const double bytes = std::ldexp(number, 10 * power);
  if (bytes < 1 || bytes > kMostBytes) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

std::optional<uint64_t> parse_cpus(std::string_view text) {
  const double microseconds = take_decimal(text) * 1e6;
  // Less than 1 ms in the kernel's period of 100 ms is refused.
  if (!text.empty() || microseconds < 1e4 || microseconds > kMostMicroseconds) return std::nullopt;
  return static_cast<uint64_t>(std::llround(microseconds));
}

std::vector<LimitFile> files_for(const Limits& limits) {
  constexpr uint64_t kPeriod = 100'000;  // microseconds, the kernel's default
  std::vector<LimitFile> files;
  if (limits.memory_bytes) {
    files.push_back({"memory", "--memory", "memory.max", fmt::format("{}", *limits.memory_bytes)});
  }
  if (limits.cpu_microseconds) {
    const uint64_t quota = *limits.cpu_microseconds * kPeriod / 1'000'000;
    files.push_back({"cpu", "--cpus", "cpu.max", fmt::format("{} {}", quota, kPeriod)});
  }
  if (limits.processes) {
    files.push_back({"pids", "--pids", "pids.max", fmt::format("{}", *limits.processes)});
  }
  return files;
}

std::string missing_controllers(const Limits& limits, std::string_view list) {
  const std::string_view line = list.substr(0, list.find('\n'));
  const auto there = rules::split_words(line);
  return joined(files_for(limits), [&](const LimitFile& file) {
    return std::ranges::find(there, std::string_view(file.controller)) == there.end();
  });
}

std::string missing_limits(const Limits& limits, const std::string& directory) {
  return joined(files_for(limits), [&](const LimitFile& file) {
    const std::string text = os::text_or_nothing(fmt::format("{}/{}", directory, file.name));
    return text.empty() || text.starts_with("max");
  });
}

}  // namespace nsrun::launcher
