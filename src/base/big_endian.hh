// SPDX-License-Identifier: Apache-2.0
//
// Integers in network byte order. Be16/Be32 are bytes with alignment 1, so that a wire header can
// be a plain struct of them; load/store work on any byte pointer.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nsrun::base {

namespace detail {
constexpr uint16_t swap_bytes(uint16_t value) noexcept { return __builtin_bswap16(value); }
constexpr uint32_t swap_bytes(uint32_t value) noexcept { return __builtin_bswap32(value); }
constexpr uint64_t swap_bytes(uint64_t value) noexcept { return __builtin_bswap64(value); }
}  // namespace detail

template <typename Integer>
constexpr Integer to_big_endian(Integer value) noexcept {
  if constexpr (std::endian::native == std::endian::little) return detail::swap_bytes(value);
  return value;
}

template <typename Integer>
class BigEndian {
 public:
  BigEndian() noexcept = default;
  BigEndian(Integer value) noexcept { *this = value; }
  BigEndian& operator=(Integer value) noexcept {
    value = to_big_endian(value);
    std::memcpy(bytes_, &value, sizeof value);
    return *this;
  }
  operator Integer() const noexcept {
    Integer value;
    std::memcpy(&value, bytes_, sizeof value);
    return to_big_endian(value);
  }

 private:
  uint8_t bytes_[sizeof(Integer)] = {};
};

using Be16 = BigEndian<uint16_t>;
using Be32 = BigEndian<uint32_t>;
static_assert(sizeof(Be16) == 2 && alignof(Be16) == 1);
static_assert(sizeof(Be32) == 4 && alignof(Be32) == 1);

template <typename Integer>
Integer load_big_endian(const std::byte* from) noexcept {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return to_big_endian(value);
}

template <typename Integer>
void store_big_endian(std::byte* to, Integer value) noexcept {
  value = to_big_endian(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace nsrun::base
