// SPDX-License-Identifier: Apache-2.0
//
// Which ids a command has: texts and ranges to maps. Pure; identity.hh reads the ranges and writes
// the maps.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "os/id_maps.hh"

namespace nsrun::launcher {

struct IdRange {
  uint32_t first = 0;
  uint32_t count = 0;
  friend bool operator==(const IdRange&, const IdRange&) = default;
};

std::optional<uint32_t> parse_id(std::string_view text);

// "INSIDE:OUTSIDE:COUNT". The error says what is expected.
base::Result<os::MappedIds> parse_mapped_ids(std::string_view text);

// Whether an id of either side is in both: the kernel refuses a map with two such.
bool overlap(const os::MappedIds& one, const os::MappedIds& other) noexcept;

// 0 is `own`, and the ranges follow from 1 on. Left out are those that overlap what is there
// already, as when a user has the same range by name and by number.
os::IdMap automatic_id_map(uint32_t own, const std::vector<IdRange>& ranges);

// Who the command is: its caller, as the map shows that one; 0 where it does not. Nothing when
// there is no 0 either.
std::optional<uint32_t> id_of_command(const os::IdMap& map, uint32_t caller) noexcept;

}  // namespace nsrun::launcher
