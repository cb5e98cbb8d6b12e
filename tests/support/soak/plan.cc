// SPDX-License-Identifier: Apache-2.0
#include "plan.hh"

#include <algorithm>
#include <bit>
#include <cstring>

namespace nsrun::soak {

uint64_t Random::of_any_magnitude(uint64_t limit) noexcept {
  const auto bits = static_cast<uint64_t>(std::bit_width(limit));
  return std::min(below(uint64_t{1} << (1 + below(bits))), limit);
}

void Stream::fill(uint64_t offset, std::span<std::byte> bytes) const noexcept {
  uint64_t index = offset / sizeof(uint64_t);
  size_t skipped = offset % sizeof(uint64_t);
  while (!bytes.empty()) {
    const uint64_t word = mix(seed_ + index++);
    const size_t count = std::min(bytes.size(), sizeof word - skipped);
    std::memcpy(bytes.data(), reinterpret_cast<const std::byte*>(&word) + skipped, count);
    bytes = bytes.subspan(count);
    skipped = 0;
  }
}

Plan::Plan(uint64_t flow_seed, uint64_t most_bytes) noexcept {
  Random random(flow_seed);
  for (uint64_t& count : bytes) count = random.of_any_magnitude(most_bytes);
  if (random.one_in(3)) waits = random.one_in(2) ? Side::kClient : Side::kServer;
  if (random.one_in(6)) {
    const Side killer = random.one_in(2) ? Side::kClient : Side::kServer;
    kill = Kill{killer, random.below(bytes_of(killer) + 1)};
  }
}

}  // namespace nsrun::soak
