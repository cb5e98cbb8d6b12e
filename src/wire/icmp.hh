// SPDX-License-Identifier: Apache-2.0
//
// ICMP (RFC 792) and ICMPv6 (RFC 4443): one header shape, two sets of numbers. Builds whole IP
// packets; whether an error may be sent at all is decided here (RFC 1122 section 3.2.2, RFC 4443
// section 2.4), how often is up to the caller.
//
//     0                   1                   2                   3
//    +---------------+---------------+-------------------------------+
//    |     Type      |     Code      |           Checksum            |
//    +---------------+---------------+-------------------------------+
//    |   echo: Identifier            |   echo: Sequence Number       |
//    |   v4 code 4: unused           |   v4 code 4: next-hop MTU     |
//    |   v6 packet too big: MTU (32 bits)                            |
//    +-------------------------------+-------------------------------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/address.hh"
#include "wire/header.hh"

namespace nsrun::wire {

namespace icmp_v4 {
inline constexpr uint8_t kEchoReply = 0;
inline constexpr uint8_t kDestinationUnreachable = 3;
inline constexpr uint8_t kEchoRequest = 8;
inline constexpr uint8_t kTimeExceeded = 11;
// Codes of kDestinationUnreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1)
inline constexpr uint8_t kNetworkUnreachable = 0;
inline constexpr uint8_t kHostUnreachable = 1;
inline constexpr uint8_t kPortUnreachable = 3;
inline constexpr uint8_t kFragmentationNeeded = 4;
inline constexpr uint8_t kAdministrativelyProhibited = 13;
}  // namespace icmp_v4

namespace icmp_v6 {
inline constexpr uint8_t kDestinationUnreachable = 1;
inline constexpr uint8_t kPacketTooBig = 2;
inline constexpr uint8_t kTimeExceeded = 3;
inline constexpr uint8_t kFirstInformational = 128;  // types below are errors
inline constexpr uint8_t kEchoRequest = 128;
inline constexpr uint8_t kEchoReply = 129;
inline constexpr uint8_t kRouterSolicitation = 133;  // RFC 4861
inline constexpr uint8_t kRouterAdvertisement = 134;
inline constexpr uint8_t kNeighborSolicitation = 135;
inline constexpr uint8_t kNeighborAdvertisement = 136;
// Codes of kDestinationUnreachable (RFC 4443 section 3.1)
inline constexpr uint8_t kNoRoute = 0;
inline constexpr uint8_t kAdministrativelyProhibited = 1;
inline constexpr uint8_t kAddressUnreachable = 3;
inline constexpr uint8_t kPortUnreachable = 4;
}  // namespace icmp_v6

struct IcmpHeader {
  uint8_t type;
  uint8_t code;
  base::Be16 checksum;
  base::Be16 identifier;  // names of the echo messages; other messages use the four bytes otherwise
  base::Be16 sequence;
};
static_assert(sizeof(IcmpHeader) == 8 && alignof(IcmpHeader) == 1);

inline constexpr size_t kIcmpChecksumOffset = 2;

// The size limits of error messages: RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 (c).
inline constexpr size_t kMaxIcmpV4ErrorBytes = 576;
inline constexpr size_t kMaxIcmpV6ErrorBytes = 1280;

class IcmpView {
 public:
  static std::optional<IcmpView> parse(base::Bytes message) noexcept {
    if (message.size() < sizeof(IcmpHeader)) return std::nullopt;
    return IcmpView(message);
  }

  IcmpHeader header() const noexcept { return load_header<IcmpHeader>(message_); }
  uint8_t type() const noexcept { return header().type; }
  uint8_t code() const noexcept { return header().code; }
  // Echo messages only.
  uint16_t identifier() const noexcept { return header().identifier; }
  uint16_t sequence() const noexcept { return header().sequence; }
  // Echo: the data; errors: the start of the packet that caused them.
  base::Bytes payload() const noexcept { return message_.subspan(sizeof(IcmpHeader)); }
  base::Bytes message() const noexcept { return message_; }

 private:
  explicit IcmpView(base::Bytes message) noexcept : message_(message) {}
  base::Bytes message_;
};

// Writes a whole IP packet, of the addresses' family, with `payload` behind the ICMP header and all
// checksums; returns its length, 0 without room in `out`.
size_t emit_icmp_packet(base::MutableBytes out, const IpAddress& source,
                        const IpAddress& destination, const IcmpHeader& header,
                        base::Bytes payload) noexcept;

// Why a packet could not be delivered, for either family.
enum class IcmpError : uint8_t {
  kNetworkUnreachable,
  kHostUnreachable,
  kPortUnreachable,
  kAdministrativelyProhibited,
  kPacketTooBig,
  kTimeExceeded,
};

// The packet (IP and up) that tells the sender of `offending`, a whole IP packet, about `error`;
// it comes from `reporter` and quotes as much of `offending` as fits. `next_hop_mtu` counts for
// kPacketTooBig only. Returns its length; 0 without room in `out`, when
// `offending` does not parse, or when it deserves no error: it is an ICMP error itself, a later
// fragment, or not from one host to one host.
size_t emit_icmp_error(base::MutableBytes out, IcmpError error, const IpAddress& reporter,
                       base::Bytes offending, uint32_t next_hop_mtu = 0) noexcept;

}  // namespace nsrun::wire
