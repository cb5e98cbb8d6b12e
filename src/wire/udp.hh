// SPDX-License-Identifier: Apache-2.0
//
// UDP datagrams (RFC 768). The checksum is checksum.hh's business; a zero field means "none" over
// IPv4 and is illegal over IPv6 (RFC 8200 section 8.1).
//
//     0                   1                   2                   3
//    +-------------------------------+-------------------------------+
//    |          Source Port          |       Destination Port        |
//    +-------------------------------+-------------------------------+
//    |            Length             |           Checksum            |
//    +-------------------------------+-------------------------------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "base/error.hh"
#include "wire/header.hh"

namespace nsrun::wire {

struct UdpHeader {
  base::Be16 source_port;
  base::Be16 destination_port;
  base::Be16 length;  // header and data
  base::Be16 checksum;
};
static_assert(sizeof(UdpHeader) == 8 && alignof(UdpHeader) == 1);

inline constexpr size_t kUdpChecksumOffset = 6;

class UdpView {
 public:
  // `bytes` is the whole payload of the IP packet; it may be longer than the datagram.
  static std::optional<UdpView> parse(base::Bytes bytes) noexcept {
    if (bytes.size() < sizeof(UdpHeader)) return std::nullopt;
    const size_t length = load_header<UdpHeader>(bytes).length;
    if (length < sizeof(UdpHeader) || length > bytes.size()) return std::nullopt;
    return UdpView(bytes.first(length));
  }

  UdpHeader header() const noexcept { return load_header<UdpHeader>(datagram_); }
  uint16_t source_port() const noexcept { return header().source_port; }
  uint16_t destination_port() const noexcept { return header().destination_port; }
  uint16_t checksum() const noexcept { return header().checksum; }
  base::Bytes payload() const noexcept { return datagram_.subspan(sizeof(UdpHeader)); }
  base::Bytes datagram() const noexcept { return datagram_; }

 private:
  explicit UdpView(base::Bytes datagram) noexcept : datagram_(datagram) {}
  base::Bytes datagram_;
};

// The checksum is left zero. `payload_length` is at most 65535 - 8.
inline UdpHeader make_udp_header(uint16_t source_port, uint16_t destination_port,
                                 size_t payload_length) noexcept {
  NSRUN_CHECK(payload_length <= 65535 - sizeof(UdpHeader));
  return {source_port, destination_port, static_cast<uint16_t>(sizeof(UdpHeader) + payload_length),
          uint16_t{0}};
}

}  // namespace nsrun::wire
