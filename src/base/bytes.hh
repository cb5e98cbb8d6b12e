// SPDX-License-Identifier: Apache-2.0
//
// Cursors over borrowed bytes. The error is sticky: a parser reads straight down and asks ok()
// once at the end. After an error every read gives zero and every write does nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/big_endian.hh"

namespace nsrun::base {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// The bytes of a trivially copyable object, without ownership.
template <typename T>
Bytes bytes_of(const T& object) noexcept {
  return std::as_bytes(std::span(&object, 1));
}

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) noexcept : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  Bytes rest() const noexcept { return rest_; }

  uint8_t read_u8() noexcept {
    const Bytes one = take(1);
    return ok_ ? static_cast<uint8_t>(one[0]) : uint8_t{0};
  }
  uint16_t read_be16() noexcept { return read_big_endian<uint16_t>(); }
  uint32_t read_be32() noexcept { return read_big_endian<uint32_t>(); }

  // The next `count` bytes; empty, with the error set, when fewer are left.
  Bytes take(size_t count) noexcept {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  void skip(size_t count) noexcept { take(count); }

 private:
  template <typename Integer>
  Integer read_big_endian() noexcept {
    const Bytes taken = take(sizeof(Integer));
    return ok_ ? load_big_endian<Integer>(taken.data()) : Integer{0};
  }

  Bytes rest_;
  bool ok_ = true;
};

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes space) noexcept : space_(space) {}

  bool ok() const noexcept { return ok_; }
  // What has been written so far.
  MutableBytes written() const noexcept { return space_.first(used_); }

  void write_u8(uint8_t value) noexcept { write(bytes_of(value)); }
  void write_be16(uint16_t value) noexcept { write(bytes_of(Be16(value))); }
  void write_be32(uint32_t value) noexcept { write(bytes_of(Be32(value))); }

  void write(Bytes bytes) noexcept {
    const MutableBytes place = reserve(bytes.size());
    if (ok_ && !bytes.empty()) std::memcpy(place.data(), bytes.data(), bytes.size());
  }
  void fill(size_t count, std::byte value) noexcept { std::ranges::fill(reserve(count), value); }

  // Room for `count` bytes that the caller fills in.
  MutableBytes reserve(size_t count) noexcept {
    if (!ok_ || space_.size() - used_ < count) {
      ok_ = false;
      return {};
    }
    const MutableBytes place = space_.subspan(used_, count);
    used_ += count;
    return place;
  }

 private:
  MutableBytes space_;
  size_t used_ = 0;
  bool ok_ = true;
};

}  // namespace nsrun::base
