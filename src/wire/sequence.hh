// SPDX-License-Identifier: Apache-2.0
//
// TCP sequence numbers (RFC 9293 section 3.4): 32 bits that wrap. "a < b" means that b is ahead of
// a by less than 2^31; it is an order only among numbers that are that close together.
#pragma once

#include <cstdint>

namespace nsrun::wire {

class Sequence {
 public:
  constexpr Sequence() noexcept = default;
  constexpr explicit Sequence(uint32_t value) noexcept : value_(value) {}

  constexpr uint32_t value() const noexcept { return value_; }

  friend constexpr Sequence operator+(Sequence number, uint32_t count) noexcept {
    return Sequence(number.value_ + count);
  }
  friend constexpr Sequence operator-(Sequence number, uint32_t count) noexcept {
    return Sequence(number.value_ - count);
  }
  constexpr Sequence& operator+=(uint32_t count) noexcept { return *this = *this + count; }
  constexpr Sequence& operator-=(uint32_t count) noexcept { return *this = *this - count; }

  // How far `later` is ahead; negative when it is behind.
  friend constexpr int32_t operator-(Sequence later, Sequence earlier) noexcept {
    return static_cast<int32_t>(later.value_ - earlier.value_);
  }

  friend constexpr bool operator==(Sequence, Sequence) noexcept = default;
  friend constexpr bool operator<(Sequence a, Sequence b) noexcept { return a - b < 0; }
  friend constexpr bool operator<=(Sequence a, Sequence b) noexcept { return a - b <= 0; }
  friend constexpr bool operator>(Sequence a, Sequence b) noexcept { return a - b > 0; }
  friend constexpr bool operator>=(Sequence a, Sequence b) noexcept { return a - b >= 0; }

  // first <= *this < first + size, for any size.
  constexpr bool is_in_window(Sequence first, uint32_t size) const noexcept {
    return value_ - first.value_ < size;
  }

 private:
  uint32_t value_ = 0;
};

constexpr Sequence latest(Sequence a, Sequence b) noexcept { return a < b ? b : a; }
constexpr Sequence earliest(Sequence a, Sequence b) noexcept { return b < a ? b : a; }

}  // namespace nsrun::wire
