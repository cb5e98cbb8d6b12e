// SPDX-License-Identifier: Apache-2.0
//
// How the header structs of this room get in and out of bytes. They are plain structs of bytes and
// Be16/Be32, so a copy is exact and no address needs to be aligned.
#pragma once

#include <cstring>
#include <type_traits>

#include "base/bytes.hh"

namespace nsrun::wire {

// `bytes` must hold at least sizeof(Header).
template <typename Header>
Header load_header(base::Bytes bytes) noexcept {
  static_assert(std::is_trivially_copyable_v<Header> && alignof(Header) == 1);
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

// `place` must have room for sizeof(Header).
template <typename Header>
void store_header(base::MutableBytes place, const Header& header) noexcept {
  static_assert(std::is_trivially_copyable_v<Header> && alignof(Header) == 1);
  std::memcpy(place.data(), &header, sizeof header);
}

}  // namespace nsrun::wire
