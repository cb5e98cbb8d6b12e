// SPDX-License-Identifier: Apache-2.0
//
// Bytes from the guest that came before those in front of them, copied into pooled memory until the
// gap is filled. A bridge behind the TAP reorders what several processors forward (Docker's does,
// all the time): without this a single overtaken segment costs the whole window behind it.
//
// Never holds what the guest cannot send again: when there is no room, bytes are left out.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "dataplane/buffer_pool.hh"
#include "tcp/segment.hh"

namespace nsrun::dataplane {

class EarlyBytes {
 public:
  // More gaps than this at a time are loss, not reordering. A full window takes 16 large chunks.
  static constexpr size_t kMostChunks = 32;

  explicit EarlyBytes(BufferPool& pool) noexcept : pool_(pool) {}
  EarlyBytes(const EarlyBytes&) = delete;
  EarlyBytes& operator=(const EarlyBytes&) = delete;
  ~EarlyBytes() { clear(); }

  // Copies payload and end of stream of a segment.
  void keep(const tcp::Segment& segment) noexcept;
  // The runs of bytes that are kept, those first to which something was added last (RFC 2018
  // section 4): as many as there is room for and as are remembered.
  std::span<const tcp::SackBlock> latest(std::span<tcp::SackBlock> room) const noexcept;
  // The next part of what was kept that begins at or before `next`. Its payload is valid until
  // release_taken().
  std::optional<tcp::Segment> take(tcp::Sequence next) noexcept;
  void release_taken() noexcept;
  void clear() noexcept;

 private:
  std::optional<tcp::SackBlock> run_with(tcp::Sequence byte) const noexcept;
  void remember(tcp::Sequence first) noexcept;
  void insert_behind(tcp::Chunk** link, tcp::Sequence first, base::Bytes bytes,
                     size_t capacity) noexcept;

  BufferPool& pool_;
  tcp::Chunk* head_ = nullptr;  // ordered by `first`; they may overlap
  tcp::Chunk* taken_ = nullptr;
  size_t count_ = 0;
  // Where the last segments began.
  std::array<tcp::Sequence, wire::kMostSackBlocks> recent_{};
  std::optional<tcp::Sequence> fin_;
};

}  // namespace nsrun::dataplane
