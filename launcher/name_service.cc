// SPDX-License-Identifier: Apache-2.0
#include "launcher/name_service.hh"

#include <algorithm>

namespace nsrun::launcher {
namespace {

constexpr std::string_view kBlanks = " \t";

bool names_hosts(std::string_view line) {
  const size_t start = line.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return false;
  line.remove_prefix(start);
  if (!line.starts_with("hosts")) return false;
  const size_t next = line.find_first_not_of(kBlanks, 5);
  return next != std::string_view::npos && line[next] == ':';
}

}  // namespace

std::string nsswitch_for_guest(std::string_view host_text) {
  std::string text;
  while (!host_text.empty()) {
    const std::string_view line = host_text.substr(0, host_text.find('\n'));
    text += names_hosts(line) ? "hosts: files dns" : line;
    text += '\n';
    host_text.remove_prefix(std::min(line.size() + 1, host_text.size()));
  }
  return text;
}

}  // namespace nsrun::launcher
