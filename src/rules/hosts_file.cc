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

// The line as it is when it names neither, else without the name; empty when no name is left.
std::string without_names(std::string_view line, std::string_view first, std::string_view second) {
  std::vector<std::string_view> words = entry_words(line);
  if (!has_name(words, first) && !has_name(words, second)) return fmt::format("{}\n", line);
  words.erase(std::remove_if(words.begin() + 1, words.end(),
                             [&](auto word) { return word == first || word == second; }),
              words.end());
  return words.size() > 1 ? fmt::format("{}\n", fmt::join(words, " ")) : std::string();
}

}  // namespace

std::string hosts_file_for_guest(std::string_view host_text, std::string_view host_name,
                                 const NetworkPlan& plan) {
  std::string text;
  if (!defines(host_text, kLocalhost)) text += "127.0.0.1 localhost\n::1 localhost\n";
  if (host_name == kLocalhost) host_name = {};
  if (!host_name.empty()) text += fmt::format("{} {}\n", plan.guest_v4, host_name);
  text += fmt::format("{} {}\n", plan.gateway_v4, kHostAlias);
  for_each_line(host_text,
                [&](std::string_view line) { text += without_names(line, host_name, kHostAlias); });
  return text;
}

}  // namespace nsrun::rules
