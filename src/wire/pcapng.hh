// SPDX-License-Identifier: Apache-2.0
//
// Blocks of a pcapng file (draft-ietf-opsawg-pcapng) with one section and one Ethernet interface,
// nanosecond timestamps, in this machine's byte order, which the file names. Pure. Direction is
// that of the guest's interface, as if the capture ran there.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hh"
#include "base/time.hh"

namespace nsrun::wire::pcapng {

// What tcpdump(8) uses; longer than any frame.
inline constexpr uint32_t kSnapLength = 262144;

inline constexpr uint32_t kSectionHeaderBlock = 0x0a0d0d0a;
inline constexpr uint32_t kInterfaceDescriptionBlock = 1;
inline constexpr uint32_t kInterfaceStatisticsBlock = 5;
inline constexpr uint32_t kEnhancedPacketBlock = 6;

// Bits 0 and 1 of epb_flags.
enum class Direction : uint32_t { kToGuest = 1, kFromGuest = 2 };

// The blocks that open a file.
std::vector<std::byte> opening();

// What stands before and behind the bytes of a frame.
class PacketBlock {
 public:
  // `time`: since 1970. `length`: of the frame, at most kSnapLength.
  PacketBlock(Direction direction, base::Duration time, size_t length) noexcept;
  base::Bytes head() const noexcept { return head_; }
  base::Bytes tail() const noexcept { return base::Bytes(tail_).last(tail_bytes_); }

 private:
  std::array<std::byte, 28> head_;
  std::array<std::byte, 3 + 16> tail_;  // padding, epb_flags, end of options, length
  size_t tail_bytes_;
};

struct Statistics {
  uint64_t received = 0;  // frames that the filter let pass
  uint64_t dropped = 0;   // those among them that are not in the file
};
using StatisticsBlock = std::array<std::byte, 52>;
StatisticsBlock statistics(base::Duration time, const Statistics& counted) noexcept;
// Of a block that statistics() made; `block` has its size.
Statistics statistics_in(base::Bytes block) noexcept;

}  // namespace nsrun::wire::pcapng
