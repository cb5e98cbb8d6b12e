// SPDX-License-Identifier: Apache-2.0
//
// The Internet checksum (RFC 1071): the one's complement of the one's complement sum of all 16-bit
// words. Results are in host byte order, ready to be assigned to a Be16 field.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hh"
#include "wire/address.hh"

namespace nsrun::wire {

// Sums spans as if they were one run of bytes; a span may have an odd length.
class ChecksumAccumulator {
 public:
  void add(base::Bytes bytes) noexcept;
  // RFC 9293 section 3.1 (v4), RFC 8200 section 8.1 (v6). Both addresses are of one family;
  // `length` is that of the transport header and its data. Only at an even position.
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination, uint8_t protocol,
                         size_t length) noexcept;

  // The sum, not complemented: what a sender leaves in the field for VIRTIO_NET_HDR_F_NEEDS_CSUM.
  uint16_t sum() const noexcept;
  // The checksum. Zero over data that contains its own right checksum.
  uint16_t finish() const noexcept { return static_cast<uint16_t>(~sum()); }

 private:
  // Sum of native-endian words; the byte order of the end result is put right in sum().
  uint64_t sum_ = 0;
  bool is_odd_ = false;
};

// Of one run of bytes.
uint16_t internet_checksum(base::Bytes bytes) noexcept;

// The functions on a `transport` span: a TCP, UDP or ICMPv6 message from its header to its end,
// with the checksum field at `checksum_offset`, which must lie inside.

// Fills in the whole checksum. A result of zero is sent as 0xffff, which TCP reads as the same and
// UDP needs (RFC 768).
void set_transport_checksum(base::MutableBytes transport, size_t checksum_offset,
                            const IpAddress& source, const IpAddress& destination,
                            uint8_t protocol) noexcept;
// UDP over IPv4 with a zero field (no checksum) is the caller's to notice.
bool has_valid_transport_checksum(base::Bytes transport, const IpAddress& source,
                                  const IpAddress& destination, uint8_t protocol) noexcept;

// What a network card does for VIRTIO_NET_HDR_F_NEEDS_CSUM (virtio 1.2 section 5.1.6.2): sums from
// `checksum_start` to the end of `frame` and stores the result `checksum_offset` bytes behind
// `checksum_start`. False, and nothing done, when the field is not inside the frame.
[[nodiscard]] bool complete_partial_checksum(base::MutableBytes frame, size_t checksum_start,
                                             size_t checksum_offset) noexcept;

}  // namespace nsrun::wire
