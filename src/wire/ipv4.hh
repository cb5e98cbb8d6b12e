// SPDX-License-Identifier: Apache-2.0
//
// IPv4 (RFC 791 section 3.1).
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-------+-------+---------------+-------------------------------+
//    |Version|  IHL  | Type of Serv. |          Total Length         |
//    +-------+-------+---------------+-----+-------------------------+
//    |         Identification        |Flags|      Fragment Offset    |
//    +---------------+---------------+-----+-------------------------+
//    | Time to Live  |    Protocol   |         Header Checksum       |
//    +---------------+---------------+-------------------------------+
//    |                       Source Address                          |
//    +---------------------------------------------------------------+
//    |                    Destination Address                        |
//    +---------------------------------------------------------------+
//    |                    Options, padded to 32 bits                 |
//    +---------------------------------------------------------------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/address.hh"
#include "wire/header.hh"

namespace nsrun::wire {

inline constexpr uint8_t kProtocolIcmp = 1;
inline constexpr uint8_t kProtocolTcp = 6;
inline constexpr uint8_t kProtocolUdp = 17;
inline constexpr uint8_t kProtocolIcmpV6 = 58;

inline constexpr uint8_t kDefaultHopLimit = 64;

inline constexpr uint16_t kIpv4DontFragment = 0x4000;
inline constexpr uint16_t kIpv4MoreFragments = 0x2000;
inline constexpr uint16_t kIpv4OffsetMask = 0x1fff;  // in units of 8 bytes

struct Ipv4Header {
  uint8_t version_and_length;  // header length in units of 4 bytes
  uint8_t traffic_class;       // DSCP and ECN (RFC 2474, RFC 3168)
  base::Be16 total_length;
  base::Be16 identification;
  base::Be16 flags_and_offset;
  uint8_t time_to_live;
  uint8_t protocol;
  base::Be16 checksum;
  base::Be32 source;
  base::Be32 destination;
};
static_assert(sizeof(Ipv4Header) == 20 && alignof(Ipv4Header) == 1);

class Ipv4View {
 public:
  // Checks version and lengths, not the checksum. `bytes` may go on behind the packet (padding).
  static std::optional<Ipv4View> parse(base::Bytes bytes) noexcept;

  Ipv4Header header() const noexcept { return load_header<Ipv4Header>(packet_); }
  bool has_valid_checksum() const noexcept;

  size_t header_length() const noexcept { return header_length_; }
  base::Bytes options() const noexcept {
    return packet_.subspan(sizeof(Ipv4Header), header_length_ - sizeof(Ipv4Header));
  }
  // The packet up to its total length.
  base::Bytes packet() const noexcept { return packet_; }
  base::Bytes payload() const noexcept { return packet_.subspan(header_length_); }

  uint8_t protocol() const noexcept { return header().protocol; }
  uint8_t hop_limit() const noexcept { return header().time_to_live; }
  IpAddress source() const noexcept { return IpAddress::v4(header().source); }
  IpAddress destination() const noexcept { return IpAddress::v4(header().destination); }
  uint16_t identification() const noexcept { return header().identification; }
  bool dont_fragment() const noexcept {
    return (header().flags_and_offset & kIpv4DontFragment) != 0;
  }
  bool more_fragments() const noexcept {
    return (header().flags_and_offset & kIpv4MoreFragments) != 0;
  }
  size_t fragment_offset_bytes() const noexcept {
    return size_t{8} * (header().flags_and_offset & kIpv4OffsetMask);
  }
  bool is_fragment() const noexcept { return more_fragments() || fragment_offset_bytes() != 0; }

 private:
  Ipv4View(base::Bytes packet, size_t header_length) noexcept
      : packet_(packet), header_length_(header_length) {}
  base::Bytes packet_;
  size_t header_length_;
};

struct Ipv4Fields {
  IpAddress source;  // both v4
  IpAddress destination;
  uint8_t protocol = 0;
  size_t payload_length = 0;  // at most 65535 - 20
  uint16_t identification = 0;
  bool dont_fragment = true;
  uint8_t hop_limit = kDefaultHopLimit;
  uint8_t traffic_class = 0;
};

// A header without options, its checksum filled in.
Ipv4Header make_ipv4_header(const Ipv4Fields& fields) noexcept;

// Computes the checksum of a header (with options, when `header` is longer) in place.
void set_ipv4_checksum(base::MutableBytes header) noexcept;

}  // namespace nsrun::wire
