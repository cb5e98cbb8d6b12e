// SPDX-License-Identifier: Apache-2.0
//
// What was sent to the guest and is not acknowledged yet, in order, so that it can be sent again
// without a copy. A chunk's memory belongs to whoever made it (the relay's buffer pool): the queue
// links chunks, and gives them back, acknowledged, through take_released().
#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.hh"
#include "wire/sequence.hh"

namespace nsrun::tcp {

struct Chunk {
  Chunk* next = nullptr;
  std::byte* data = nullptr;
  uint32_t capacity = 0;  // bytes of memory at `data`
  uint32_t length = 0;    // bytes of payload
  wire::Sequence first;   // of data[0]; set by the queue's owner

  wire::Sequence end() const noexcept { return first + length; }
};

class SendQueue {
 public:
  SendQueue() noexcept = default;
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  bool is_empty() const noexcept { return head_ == nullptr; }
  uint32_t count() const noexcept { return count_; }
  // The oldest chunk; nullptr when empty.
  const Chunk* front() const noexcept { return head_; }

  void push(Chunk* chunk) noexcept {
    chunk->next = nullptr;
    (head_ == nullptr ? head_ : tail_->next) = chunk;
    tail_ = chunk;
    ++count_;
  }

  // Moves every chunk that ends at or before `una` to the released ones.
  void acknowledge(wire::Sequence una) noexcept {
    while (head_ != nullptr && head_->end() <= una) release_front();
  }
  void release_all() noexcept {
    while (head_ != nullptr) release_front();
  }

  // A chain linked by `next`; the caller owns it again.
  [[nodiscard]] Chunk* take_released() noexcept { return std::exchange(released_, nullptr); }

 private:
  void release_front() noexcept {
    Chunk* chunk = head_;
    head_ = chunk->next;
    chunk->next = released_;
    released_ = chunk;
    --count_;
  }

  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;  // only meaningful when head_ is set
  Chunk* released_ = nullptr;
  uint32_t count_ = 0;
};

}  // namespace nsrun::tcp
