// SPDX-License-Identifier: Apache-2.0
#include "rules/hosts_file.hh"

#include <fmt/format.h>

#include <algorithm>

#include "rules/text.hh"

namespace nsrun::rules {
namespace {

constexpr std::string_view kLocalhost = "localhost";

// The words of a line before its comment: the address, then names.
std::vector<std::string_view> entry_words(std::string_view line) {
  return split_words(line.substr(0, line.find('#')));
}

bool has_name(const std::vector<std::string_view>& words, std::string_view name) {
  return words.size() > 1 && std::find(words.begin() + 1, words.end(), name) != words.end();
}

bool defines(std::string_view text, std::string_view name) {
  bool found = false;
  for_each_line(text, [&](std::string_view line) { found |= has_name(entry_words(line), name); });
  return found;
}

bool is_among(const std::vector<std::string_view>& names, std::string_view word) {
  return std::ranges::find(names, word) != names.end();
}

// The line as it is when it has none of the names, else without them; empty when no name is left.
std::string without_names(std::string_view line, const std::vector<std::string_view>& names) {
  std::vector<std::string_view> words = entry_words(line);
  if (std::ranges::none_of(names, [&](auto name) { return has_name(words, name); })) {
    return fmt::format("{}\n", line);
  }
  words.erase(std::remove_if(words.begin() + 1, words.end(),
                             [&](auto word) { return is_among(names, word); }),
              words.end());
  return words.size() > 1 ? fmt::format("{}\n", fmt::join(words, " ")) : std::string();
}

}  // namespace

std::string hosts_file_for_guest(std::string_view host_text, std::string_view host_name,
                                 const NetworkPlan& plan, const std::vector<HostName>& added) {
  std::string text;
  std::vector<std::string_view> defined;
  for (const HostName& each : added) {
    text += fmt::format("{} {}\n", each.address, each.name);
    defined.push_back(each.name);
  }
  const auto define = [&](const wire::IpAddress& address, std::string_view name) {
    if (!is_among(defined, name)) text += fmt::format("{} {}\n", address, name);
    defined.push_back(name);
  };
  if (!defines(host_text, kLocalhost)) text += "127.0.0.1 localhost\n::1 localhost\n";
  if (!host_name.empty() && host_name != kLocalhost) define(plan.guest_v4, host_name);
  define(plan.gateway_v4, kHostAlias);
  for_each_line(host_text, [&](std::string_view line) { text += without_names(line, defined); });
  return text;
}

}  // namespace nsrun::rules
