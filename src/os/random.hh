// SPDX-License-Identifier: Apache-2.0
//
// Random values from the kernel (getrandom(2)), for keys and for choices that nobody may guess.
#pragma once

#include <type_traits>

#include "base/bytes.hh"

namespace nsrun::os {

// Throws SystemError only where the kernel has no randomness at all.
void fill_with_random(base::MutableBytes bytes);

template <typename T>
T random_value() {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  fill_with_random(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

}  // namespace nsrun::os
