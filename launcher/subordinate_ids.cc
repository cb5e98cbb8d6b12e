// SPDX-License-Identifier: Apache-2.0
#include "launcher/subordinate_ids.hh"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <limits>

#include "launcher/program_output.hh"
#include "launcher/search_path.hh"
#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::launcher {
namespace {

void add_range(std::vector<IdRange>& ranges, std::string_view first, std::string_view count) {
  const auto from = parse_id(first);
  const auto size = parse_id(count);
  if (from && size && *size > 0) ranges.push_back({*from, *size});
}

// The ranges of those owners that `is_wanted` takes.
template <typename Predicate>
std::vector<IdRange> ranges_in(std::string_view text, Predicate is_wanted) {
  std::vector<IdRange> ranges;
  rules::for_each_line(text, [&](std::string_view line) {
    const size_t first_colon = line.find(':');
    const size_t last_colon = line.rfind(':');
    if (first_colon == last_colon || !is_wanted(line.substr(0, first_colon))) return;
    add_range(ranges, line.substr(first_colon + 1, last_colon - first_colon - 1),
              line.substr(last_colon + 1));
  });
  return ranges;
}

}  // namespace

std::vector<IdRange> parse_subordinate_ids(std::string_view text, std::string_view user,
                                           uid_t uid) {
  return ranges_in(text, [&, number = std::to_string(uid)](std::string_view owner) {
    return owner == user || owner == number;
  });
}

IdRange free_subordinate_ids(std::string_view text) {
  // Where useradd(8) begins (SUB_UID_MIN of login.defs(5)), and how many it gives.
  IdRange free{.first = 100000, .count = 65536};
  for (const IdRange& range : ranges_in(text, [](std::string_view) { return true; })) {
    const uint64_t end = uint64_t{range.first} + range.count;
    if (end > free.first && end <= std::numeric_limits<uint32_t>::max() - free.count) {
      free.first = static_cast<uint32_t>(end);
    }
  }
  return free;
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

std::string to_text(const std::vector<IdRange>& ranges) {
  std::string text;
  for (const IdRange& range : ranges) {
    text += fmt::format("{}{} ids from {}", text.empty() ? "" : ", ", range.count, range.first);
  }
  return text;
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

std::string lack_of_subordinate_ids(IdKind kind) {
  const char* file = subordinate_id_file(kind);
  const std::string user = user_name();
  const IdRange free = free_subordinate_ids(os::text_or_nothing(file));
  return fmt::format(
      "no range for {0} in {1}; \"usermod --add-sub{2}ids {3}-{4} {0}\" by root adds the line "
      "\"{0}:{3}:{5}\"",
      user, file, kind == IdKind::kUser ? "u" : "g", free.first, free.first + free.count - 1,
      free.count);
}

}  // namespace nsrun::launcher
