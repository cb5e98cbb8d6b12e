// SPDX-License-Identifier: Apache-2.0
//
// IPv6 (RFC 8200 section 3) and the walk over its extension headers to the transport. Jumbograms
// (RFC 2675) are not supported: no TAP carries them.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-------+---------------+---------------------------------------+
//    |Version| Traffic Class |              Flow Label               |
//    +-------+---------------+-------+---------------+---------------+
//    |         Payload Length        |  Next Header  |   Hop Limit   |
//    +-------------------------------+---------------+---------------+
//    |                     Source Address (16 bytes)                 |
//    +---------------------------------------------------------------+
//    |                  Destination Address (16 bytes)               |
//    +---------------------------------------------------------------+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/address.hh"
#include "wire/header.hh"
#include "wire/ipv4.hh"

namespace nsrun::wire {

inline constexpr uint8_t kExtensionHopByHop = 0;
inline constexpr uint8_t kExtensionRouting = 43;
inline constexpr uint8_t kExtensionFragment = 44;
inline constexpr uint8_t kExtensionDestination = 60;

// A chain may have each header once, destination options twice (RFC 8200 section 4.1); twice that
// is generous and keeps the walk short.
inline constexpr size_t kMaxExtensionHeaders = 10;

struct Ipv6Header {
  base::Be32 version_class_flow;
  base::Be16 payload_length;
  uint8_t next_header;
  uint8_t hop_limit;
  std::array<uint8_t, 16> source;
  std::array<uint8_t, 16> destination;
};
static_assert(sizeof(Ipv6Header) == 40 && alignof(Ipv6Header) == 1);

// RFC 8200 section 4.5
struct Ipv6FragmentHeader {
  uint8_t next_header;
  uint8_t reserved;
  base::Be16 offset_and_more;  // 13 bits offset in units of 8 bytes, 2 reserved, 1 "more"
  base::Be32 identification;
};
static_assert(sizeof(Ipv6FragmentHeader) == 8 && alignof(Ipv6FragmentHeader) == 1);

class Ipv6View {
 public:
  // Checks version and length. `bytes` may go on behind the packet (padding).
  static std::optional<Ipv6View> parse(base::Bytes bytes) noexcept;

  Ipv6Header header() const noexcept { return load_header<Ipv6Header>(packet_); }
  // The packet up to its payload length.
  base::Bytes packet() const noexcept { return packet_; }
  // Extension headers and what follows them.
  base::Bytes payload() const noexcept { return packet_.subspan(sizeof(Ipv6Header)); }

  uint8_t next_header() const noexcept { return header().next_header; }
  uint8_t hop_limit() const noexcept { return header().hop_limit; }
  IpAddress source() const noexcept { return IpAddress::v6(header().source); }
  IpAddress destination() const noexcept { return IpAddress::v6(header().destination); }

 private:
  explicit Ipv6View(base::Bytes packet) noexcept : packet_(packet) {}
  base::Bytes packet_;
};

// Where the extension headers end. All positions count from the IPv6 header's first byte.
struct Ipv6Chain {
  uint8_t protocol = 0;         // of what starts at transport_offset
  size_t transport_offset = 0;  // the walk stops behind a fragment header
  bool has_fragment_header = false;
  size_t fragment_header_offset = 0;
  size_t fragment_next_header_offset = 0;  // the field that says that a fragment header follows
};

// Refuses (nothing) a truncated or too long chain, a hop-by-hop header that is not the first (RFC
// 8200 section 4.1), and a routing header with segments left: the destination that policy judges
// would not be the final one.
std::optional<Ipv6Chain> walk_extension_headers(const Ipv6View& view) noexcept;

struct Ipv6Fields {
  IpAddress source;  // both v6
  IpAddress destination;
  uint8_t next_header = 0;
  size_t payload_length = 0;  // at most 65535
  uint8_t hop_limit = kDefaultHopLimit;
  uint8_t traffic_class = 0;
};

Ipv6Header make_ipv6_header(const Ipv6Fields& fields) noexcept;

}  // namespace nsrun::wire
