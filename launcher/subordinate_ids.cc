// SPDX-License-Identifier: Apache-2.0
#include "launcher/subordinate_ids.hh"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "launcher/program_output.hh"
#include "launcher/search_path.hh"
#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::launcher {
namespace {

std::optional<uint32_t> parse_id(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void add_range(std::vector<IdRange>& ranges, std::string_view first, std::string_view count) {
  const auto from = parse_id(first);
  const auto size = parse_id(count);
  if (from && size && *size > 0) ranges.push_back({*from, *size});
}

}  // namespace

std::vector<IdRange> parse_subordinate_ids(std::string_view text, std::string_view user,
                                           uid_t uid) {
  std::vector<IdRange> ranges;
  rules::for_each_line(text, [&](std::string_view line) {
    const size_t first_colon = line.find(':');
    const size_t last_colon = line.rfind(':');
    if (first_colon == last_colon) return;
    const std::string_view owner = line.substr(0, first_colon);
    if (owner != user && owner != std::to_string(uid)) return;
    add_range(ranges, line.substr(first_colon + 1, last_colon - first_colon - 1),
              line.substr(last_colon + 1));
  });
  return ranges;
}

std::vector<IdRange> parse_getsubids(std::string_view text) {
  std::vector<IdRange> ranges;
  rules::for_each_line(text, [&](std::string_view line) {
    const auto words = rules::split_words(line);
    if (words.size() == 4 && words[0].ends_with(':')) add_range(ranges, words[2], words[3]);
  });
  return ranges;
}

const char* subordinate_id_file(IdKind kind) noexcept {
  return kind == IdKind::kUser ? "/etc/subuid" : "/etc/subgid";
}

std::string user_name() {
  const uid_t uid = ::geteuid();
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::vector<IdRange> subordinate_ids(IdKind kind) {
  const std::string user = user_name();
  if (const std::string tool = find_program("getsubids"); is_executable_file(tool)) {
    std::vector<std::string> arguments{user};
    if (kind == IdKind::kGroup) arguments.insert(arguments.begin(), "-g");
    const ProgramOutput output = output_of(tool, arguments);
    if (output.status == 0) return parse_getsubids(output.text);
  }
  return parse_subordinate_ids(os::text_or_nothing(subordinate_id_file(kind)), user, ::geteuid());
}

}  // namespace nsrun::launcher
