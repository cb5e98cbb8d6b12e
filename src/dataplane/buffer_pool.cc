// SPDX-License-Identifier: Apache-2.0
#include "dataplane/buffer_pool.hh"

#include <cstdlib>
#include <cstring>
#include <new>

namespace nsrun::dataplane {
namespace {

// Free chunks kept per size.
constexpr size_t kKeptLarge = 256;  // 16 MiB: what a dozen busy flows swing through
constexpr size_t kKeptSmall = 512;  // 1 MiB

// The chunk's description stands behind its bytes, in one allocation.
tcp::Chunk* allocate(uint32_t capacity) noexcept {
  static_assert(BufferPool::kSmallBytes % alignof(tcp::Chunk) == 0);
  void* memory = std::malloc(capacity + sizeof(tcp::Chunk));
  if (memory == nullptr) return nullptr;
  auto* data = static_cast<std::byte*>(memory);
  auto* chunk = new (data + capacity) tcp::Chunk;
  chunk->data = data;
  chunk->capacity = capacity;
  return chunk;
}

void destroy_chain(tcp::Chunk* chunk) noexcept {
  while (chunk != nullptr) {
    tcp::Chunk* next = chunk->next;
    std::free(chunk->data);
    chunk = next;
  }
}

}  // namespace

BufferPool::~BufferPool() {
  destroy_chain(small_.free);
  destroy_chain(large_.free);
}

tcp::Chunk* BufferPool::take(size_t bytes, bool is_indispensable) noexcept {
  const uint32_t capacity = bytes <= kSmallBytes ? kSmallBytes : kLargeBytes;
  tcp::Chunk* chunk = in_use_bytes_ + capacity <= cap_bytes_ ? take_of(capacity) : nullptr;
  return chunk == nullptr && is_indispensable ? take_of(kSmallBytes) : chunk;
}

tcp::Chunk* BufferPool::take_of(uint32_t capacity) noexcept {
  Shelf& shelf = shelf_of(capacity);
  tcp::Chunk* chunk = shelf.free;
  if (chunk != nullptr) {
    shelf.free = chunk->next;
    --shelf.count;
  } else {
    chunk = allocate(capacity);
    if (chunk == nullptr) return nullptr;
  }
  chunk->next = nullptr;
  chunk->length = 0;
  in_use_bytes_ += capacity;
  return chunk;
}

tcp::Chunk* BufferPool::fit(tcp::Chunk* chunk) noexcept {
  if (chunk->capacity == kSmallBytes || chunk->length > kSmallBytes) return chunk;
  tcp::Chunk* small = take(chunk->length, true);
  if (small == nullptr) return chunk;
  std::memcpy(small->data, chunk->data, chunk->length);
  small->length = chunk->length;
  give_back(chunk);
  return small;
}

size_t BufferPool::give_back(tcp::Chunk* chain) noexcept {
  const size_t in_use_before = in_use_bytes_;
  while (chain != nullptr) {
    tcp::Chunk* chunk = chain;
    chain = chunk->next;
    in_use_bytes_ -= chunk->capacity;
    Shelf& shelf = shelf_of(chunk->capacity);
    if (shelf.count >= (chunk->capacity == kSmallBytes ? kKeptSmall : kKeptLarge)) {
      std::free(chunk->data);
      continue;
    }
    chunk->next = shelf.free;
    shelf.free = chunk;
    ++shelf.count;
  }
  return in_use_before - in_use_bytes_;
}

}  // namespace nsrun::dataplane
