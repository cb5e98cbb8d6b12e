// SPDX-License-Identifier: Apache-2.0
//
// What every target shares: libFuzzer's bytes as the rooms take them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hh"
#include "base/error.hh"

namespace nsrun::fuzz {

inline base::Bytes as_bytes(const uint8_t* data, size_t size) noexcept {
  return std::as_bytes(std::span(data, size));
}

}  // namespace nsrun::fuzz
