// SPDX-License-Identifier: Apache-2.0
#include "launcher/id_map.hh"

#include <algorithm>
#include <charconv>
#include <limits>

namespace nsrun::launcher {
namespace {

// The highest is nobody's: (uid_t)-1 means "leave it" to setresuid(2).
constexpr uint64_t kIds = std::numeric_limits<uint32_t>::max();

bool meet(uint32_t first, uint32_t count, uint32_t other_first, uint32_t other_count) noexcept {
  return first < uint64_t{other_first} + other_count && other_first < uint64_t{first} + count;
}

bool has(uint32_t first, uint32_t count, uint32_t id) noexcept {
  return first <= id && id - first < count;
}

}  // namespace

std::optional<uint32_t> parse_id(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

base::Result<os::MappedIds> parse_mapped_ids(std::string_view text) {
  const base::Error error{
      "expected INSIDE:OUTSIDE:COUNT, as 0:100000:65536, with ids below 4294967295"};
  const size_t first = text.find(':');
  const size_t last = text.rfind(':');
  if (first == last) return error;
  const auto inside = parse_id(text.substr(0, first));
  const auto outside = parse_id(text.substr(first + 1, last - first - 1));
  const auto count = parse_id(text.substr(last + 1));
  if (!inside || !outside || !count || *count == 0) return error;
  if (*inside + uint64_t{*count} > kIds || *outside + uint64_t{*count} > kIds) return error;
  return os::MappedIds{*inside, *outside, *count};
}

bool overlap(const os::MappedIds& one, const os::MappedIds& other) noexcept {
  return meet(one.inside, one.count, other.inside, other.count) ||
         meet(one.outside, one.count, other.outside, other.count);
}

os::IdMap automatic_id_map(uint32_t own, const std::vector<IdRange>& ranges) {
  os::IdMap map{{.inside = 0, .outside = own, .count = 1}};
  uint64_t next = 1;
  for (const IdRange& range : ranges) {
    const uint64_t end = std::max<uint64_t>(next, range.first) + range.count;
    if (end > kIds) continue;
    const os::MappedIds ids{static_cast<uint32_t>(next), range.first, range.count};
    if (std::ranges::any_of(map, [&](const auto& other) { return overlap(ids, other); })) continue;
    map.push_back(ids);
    next += range.count;
  }
  return map;
}

std::optional<uint32_t> id_of_command(const os::IdMap& map, uint32_t caller) noexcept {
  for (const os::MappedIds& ids : map) {
    if (has(ids.outside, ids.count, caller)) return ids.inside + (caller - ids.outside);
  }
  for (const os::MappedIds& ids : map) {
    if (ids.inside == 0) return 0;
  }
  return std::nullopt;
}

}  // namespace nsrun::launcher
