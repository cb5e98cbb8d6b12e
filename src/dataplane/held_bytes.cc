// SPDX-License-Identifier: Apache-2.0
#include "dataplane/held_bytes.hh"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nsrun::dataplane {

size_t HeldBytes::append(base::Bytes bytes) noexcept {
  size_t stored = 0;
  while (stored < bytes.size()) {
    if (head_ == nullptr || tail_->length == tail_->capacity) {
      tcp::Chunk* chunk = pool_.take(bytes.size() - stored, head_ == nullptr);
      if (chunk == nullptr) break;
      (head_ == nullptr ? head_ : tail_->next) = chunk;
      tail_ = chunk;
    }
    const size_t count = std::min<size_t>(bytes.size() - stored, tail_->capacity - tail_->length);
    std::memcpy(tail_->data + tail_->length, bytes.data() + stored, count);
    tail_->length += static_cast<uint32_t>(count);
    stored += count;
  }
  size_ += stored;
  return stored;
}

base::Bytes HeldBytes::front() const noexcept {
  if (head_ == nullptr) return {};
  return base::Bytes(head_->data, head_->length).subspan(consumed_);
}

void HeldBytes::consume(size_t count) noexcept {
  size_ -= count;
  consumed_ += static_cast<uint32_t>(count);
  if (head_ == nullptr || consumed_ < head_->length) return;
  tcp::Chunk* empty = std::exchange(head_, head_->next);
  empty->next = nullptr;
  pool_.give_back(empty);
  consumed_ = 0;
}

void HeldBytes::clear() noexcept {
  pool_.give_back(std::exchange(head_, nullptr));
  consumed_ = 0;
  size_ = 0;
}

}  // namespace nsrun::dataplane
