// SPDX-License-Identifier: Apache-2.0
//
// struct virtio_net_hdr (linux/virtio_net.h): the 10 bytes before each frame on a TAP opened with
// IFF_VNET_HDR. Unlike everything else in this room it is in native byte order, as the TAP gives it
// unless told otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nsrun::wire {

struct VirtioNetHeader {
  uint8_t flags = 0;
  uint8_t gso_type = 0;
  uint16_t header_length = 0;    // a hint: Ethernet, IP and transport header together
  uint16_t gso_size = 0;         // payload bytes of each segment
  uint16_t checksum_start = 0;   // from the start of the frame
  uint16_t checksum_offset = 0;  // from checksum_start
  friend bool operator==(const VirtioNetHeader&, const VirtioNetHeader&) = default;
};
static_assert(sizeof(VirtioNetHeader) == 10);

// flags
inline constexpr uint8_t kVirtioNeedsChecksum = 1;  // the checksum is partial
inline constexpr uint8_t kVirtioDataValid = 2;      // somebody has verified the checksum
// gso_type
inline constexpr uint8_t kVirtioGsoNone = 0;
inline constexpr uint8_t kVirtioGsoTcpV4 = 1;
inline constexpr uint8_t kVirtioGsoTcpV6 = 4;
inline constexpr uint8_t kVirtioGsoUdpL4 = 5;   // USO: one datagram per gso_size bytes
inline constexpr uint8_t kVirtioGsoEcn = 0x80;  // or-ed in: the first segment carries CWR

constexpr uint8_t gso_kind(const VirtioNetHeader& header) noexcept {
  return static_cast<uint8_t>(header.gso_type & ~kVirtioGsoEcn);
}

// Whether the header makes sense for a frame of `frame_length` bytes: a checksum field inside the
// frame, a known kind of segmentation and its size.
constexpr bool is_valid_for(const VirtioNetHeader& header, size_t frame_length) noexcept {
  const size_t checksum_end = size_t{header.checksum_start} + header.checksum_offset + 2;
  if ((header.flags & kVirtioNeedsChecksum) != 0 && checksum_end > frame_length) return false;
  switch (gso_kind(header)) {
    case kVirtioGsoNone:
      return true;
    case kVirtioGsoTcpV4:
    case kVirtioGsoTcpV6:
    case kVirtioGsoUdpL4:
      return header.gso_size != 0;
    default:
      return false;
  }
}

}  // namespace nsrun::wire
