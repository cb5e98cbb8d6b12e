// SPDX-License-Identifier: Apache-2.0
#include "dataplane/early_bytes.hh"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nsrun::dataplane {
namespace {

using base::Bytes;
using tcp::Chunk;
using tcp::SackBlock;
using tcp::Sequence;

// How many of the bytes found room.
size_t append(Chunk& chunk, Bytes bytes) noexcept {
  const size_t count = std::min<size_t>(bytes.size(), chunk.capacity - chunk.length);
  if (count > 0) std::memcpy(chunk.data + chunk.length, bytes.data(), count);
  chunk.length += static_cast<uint32_t>(count);
  return count;
}

}  // namespace

void EarlyBytes::keep(const tcp::Segment& segment) noexcept {
  Sequence first = segment.sequence;
  Bytes bytes = segment.payload;
  if (segment.flags.fin) fin_ = first + static_cast<uint32_t>(bytes.size());
  Chunk** link = &head_;
  Chunk* before = nullptr;
  while (*link != nullptr && (*link)->first <= first) {
    before = *link;
    link = &before->next;
  }
  size_t capacity = bytes.size();
  if (before != nullptr && before->end() >= first) {
    const auto known = static_cast<size_t>(before->end() - first);
    bytes = bytes.subspan(std::min(known, bytes.size()));
    bytes = bytes.subspan(append(*before, bytes));
    first = before->end();
    capacity = BufferPool::kLargeBytes;  // a run: more will follow
  }
  if (!bytes.empty()) insert_behind(link, first, bytes, capacity);
  remember(segment.sequence);
}

void EarlyBytes::insert_behind(Chunk** link, Sequence first, Bytes bytes,
                               size_t capacity) noexcept {
  Chunk* chunk = count_ < kMostChunks ? pool_.take(capacity, false) : nullptr;
  if (chunk == nullptr) return;
  chunk->first = first;
  append(*chunk, bytes);
  chunk->next = std::exchange(*link, chunk);
  ++count_;
}

// One entry for a run, or a long one would push the others out; none for what found no room.
void EarlyBytes::remember(Sequence first) noexcept {
  const auto run = run_with(first);
  if (!run) return;
  const auto known = std::ranges::find_if(
      recent_, [&](Sequence recent) { return run->first <= recent && recent < run->end; });
  const auto last = known == recent_.end() ? known - 1 : known;
  std::move_backward(recent_.begin(), last, last + 1);
  recent_.front() = first;
}

std::optional<SackBlock> EarlyBytes::run_with(Sequence byte) const noexcept {
  for (const Chunk* chunk = head_; chunk != nullptr && chunk->first <= byte;) {
    SackBlock run{chunk->first, chunk->end()};
    for (chunk = chunk->next; chunk != nullptr && chunk->first <= run.end; chunk = chunk->next) {
      run.end = wire::latest(run.end, chunk->end());
    }
    if (byte < run.end) return run;
  }
  return std::nullopt;
}

std::span<const SackBlock> EarlyBytes::latest(std::span<SackBlock> room) const noexcept {
  size_t count = 0;
  if (head_ == nullptr) return {};
  for (const Sequence recent : recent_) {
    const auto run = run_with(recent);
    if (!run || count == room.size()) continue;
    const auto told = room.first(count);
    if (std::ranges::find(told, *run) == told.end()) room[count++] = *run;
  }
  return room.first(count);
}

std::optional<tcp::Segment> EarlyBytes::take(Sequence next) noexcept {
  tcp::Segment segment;
  if (head_ != nullptr && head_->first <= next) {
    Chunk* chunk = std::exchange(head_, head_->next);
    chunk->next = std::exchange(taken_, chunk);
    --count_;
    segment.sequence = chunk->first;
    segment.payload = {chunk->data, chunk->length};
    return segment;
  }
  if (!fin_ || *fin_ != next) return std::nullopt;
  fin_.reset();
  segment.sequence = next;
  segment.flags.fin = true;
  return segment;
}

void EarlyBytes::release_taken() noexcept { pool_.give_back(std::exchange(taken_, nullptr)); }

void EarlyBytes::clear() noexcept {
  release_taken();
  pool_.give_back(std::exchange(head_, nullptr));
  count_ = 0;
  fin_.reset();
}

}  // namespace nsrun::dataplane
