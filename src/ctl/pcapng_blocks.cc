// SPDX-License-Identifier: Apache-2.0
#include "ctl/pcapng_blocks.hh"

#include <cstring>

#include "base/error.hh"
#include "wire/pcapng.hh"

namespace nsrun::ctl {
namespace {

// Type and length, and the length again.
constexpr uint32_t kLeastBytes = 12;
constexpr uint32_t kMostBytes = wire::pcapng::kSnapLength + 4096;

uint32_t load(base::Bytes bytes, size_t offset) noexcept {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

void PcapngBlocks::add(base::Bytes bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(first_));
  first_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<PcapngBlocks::Block> PcapngBlocks::next() {
  const base::Bytes rest = base::Bytes(buffer_).subspan(first_);
  if (rest.size() < kLeastBytes) return std::nullopt;
  const uint32_t length = load(rest, 4);
  if (length < kLeastBytes || length % 4 != 0 || length > kMostBytes) {
    throw base::Failure("what the instance sends is not a capture");
  }
  if (rest.size() < length) return std::nullopt;
  first_ += length;
  return Block{load(rest, 0), rest.first(length)};
}

}  // namespace nsrun::ctl
