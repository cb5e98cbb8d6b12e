// SPDX-License-Identifier: Apache-2.0
//
// What one flow of a soak test does, and the bytes that it carries. Both ends make the same plan
// from the same seed, so each knows every byte that has to come, at its position. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nsrun::soak {

enum class Side : uint8_t { kClient, kServer };

constexpr Side other(Side side) noexcept {
  return side == Side::kClient ? Side::kServer : Side::kClient;
}

// SplitMix64: one output for each state, so that any position of a stream can be asked for.
constexpr uint64_t mix(uint64_t state) noexcept {
  state += 0x9E3779B97F4A7C15U;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9U;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBU;
  return state ^ (state >> 31);
}

class Random {
 public:
  explicit Random(uint64_t seed) noexcept : state_(mix(seed)) {}

  uint64_t below(uint64_t limit) noexcept { return next() % limit; }
  bool one_in(uint64_t count) noexcept { return below(count) == 0; }
  // Every order of magnitude up to `limit` is as likely as any other: many small, some large.
  uint64_t of_any_magnitude(uint64_t limit) noexcept;

 private:
  uint64_t next() noexcept { return mix(state_++); }

  uint64_t state_;
};

// What one side sends: a stream that does not repeat, and that differs from every other.
class Stream {
 public:
  Stream(uint64_t flow_seed, Side sender) noexcept
      : seed_(mix(flow_seed ^ (sender == Side::kClient ? 0x636C69U : 0x737276U))) {}

  // The bytes from `offset` on.
  void fill(uint64_t offset, std::span<std::byte> bytes) const noexcept;

 private:
  uint64_t seed_;
};

struct Plan {
  // The killer resets the connection once it has sent so much, before its end of stream.
  struct Kill {
    Side killer;
    uint64_t after_bytes;
  };

  Plan(uint64_t flow_seed, uint64_t most_bytes) noexcept;

  uint64_t bytes_of(Side side) const noexcept { return bytes[static_cast<size_t>(side)]; }

  std::array<uint64_t, 2> bytes;  // by sender
  std::optional<Side> waits;      // sends only when the other has half-closed
  std::optional<Kill> kill;
};

}  // namespace nsrun::soak
