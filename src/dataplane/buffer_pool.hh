// SPDX-License-Identifier: Apache-2.0
//
// Memory for bytes under way: sent to the guest and not acknowledged, or taken from it and not yet
// in a host socket. Two sizes, so that a one-byte answer does not pin 64 KiB. The cap counts memory
// handed out, not bytes carried; a little free memory is kept for reuse, the rest goes back.
//
// One thread. Does not know what is in the chunks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tcp/send_queue.hh"

namespace nsrun::dataplane {

class BufferPool {
 public:
  static constexpr uint32_t kSmallBytes = 2048;
  static constexpr uint32_t kLargeBytes = 65536;

  explicit BufferPool(size_t cap_bytes) noexcept : cap_bytes_(cap_bytes) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  // A chunk of length 0 with at least `bytes` (at most kLargeBytes) of capacity; nullptr when the
  // cap is reached or the system has no memory. With `is_indispensable`, for the one chunk that a
  // flow may always hold, a small one then passes the cap: look at its capacity.
  tcp::Chunk* take(size_t bytes, bool is_indispensable) noexcept;
  // The same bytes in the smallest chunk that holds them: so that a short read into a large chunk
  // does not pin it. `chunk` itself when there is nothing to gain, or no memory.
  tcp::Chunk* fit(tcp::Chunk* chunk) noexcept;
  // A whole chain linked by `next`, or nullptr. Returns how much memory that was.
  size_t give_back(tcp::Chunk* chain) noexcept;

  size_t bytes_in_use() const noexcept { return in_use_bytes_; }
  // More than half of the cap is in use: time to promise less.
  bool is_under_pressure() const noexcept { return in_use_bytes_ > cap_bytes_ / 2; }

 private:
  struct Shelf {
    tcp::Chunk* free = nullptr;
    size_t count = 0;
  };
  Shelf& shelf_of(uint32_t capacity) noexcept { return capacity == kSmallBytes ? small_ : large_; }
  tcp::Chunk* take_of(uint32_t capacity) noexcept;

  size_t cap_bytes_;
  size_t in_use_bytes_ = 0;
  Shelf small_;
  Shelf large_;
};

}  // namespace nsrun::dataplane
