// SPDX-License-Identifier: Apache-2.0
//
// Bytes from and to hex digits, for tables in tests. Spaces are skipped.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hh"

namespace nsrun::wire::test {

inline std::vector<std::byte> from_hex(std::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits.push_back(c);
  }
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 2 <= digits.size(); i += 2) {
    uint8_t value = 0;
    std::from_chars(&digits[i], &digits[i] + 2, value, 16);
    bytes.push_back(std::byte{value});
  }
  return bytes;
}

inline std::string to_hex(base::Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

}  // namespace nsrun::wire::test
