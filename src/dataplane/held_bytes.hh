// SPDX-License-Identifier: Apache-2.0
//
// Bytes from the guest that its host socket did not take yet, in pooled memory. Filled by copy:
// that only happens while the host is the slower side.
#pragma once

#include <cstddef>

#include "base/bytes.hh"
#include "dataplane/buffer_pool.hh"

namespace nsrun::dataplane {

class HeldBytes {
 public:
  explicit HeldBytes(BufferPool& pool) noexcept : pool_(pool) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  ~HeldBytes() { clear(); }

  bool is_empty() const noexcept { return size_ == 0; }
  size_t size() const noexcept { return size_; }

  // How many of `bytes` found room: fewer than all only when the pool is at its cap.
  size_t append(base::Bytes bytes) noexcept;
  // The oldest bytes that lie together; empty when there are none.
  base::Bytes front() const noexcept;
  // count <= front().size()
  void consume(size_t count) noexcept;
  void clear() noexcept;

 private:
  BufferPool& pool_;
  tcp::Chunk* head_ = nullptr;
  tcp::Chunk* tail_ = nullptr;  // only meaningful when head_ is set
  uint32_t consumed_ = 0;       // of head_
  size_t size_ = 0;
};

}  // namespace nsrun::dataplane
