// SPDX-License-Identifier: Apache-2.0
#include "dataplane/sanitise.hh"

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "rules/egress.hh"
#include "wire/arp.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"
#include "wire/ip_header.hh"
#include "wire/tcp.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

constexpr size_t kFlagsWordOffset = 12;  // data offset and flags
constexpr size_t kUrgentPointerOffset = 18;

// RFC 1624 equation 3: HC' = ~(~HC + ~m + m')
void adjust_checksum(std::byte* checksum, uint16_t old_word, uint16_t new_word) noexcept {
  uint32_t sum = static_cast<uint16_t>(~base::load_big_endian<uint16_t>(checksum));
  sum += static_cast<uint16_t>(~old_word);
  sum += new_word;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  base::store_big_endian(checksum, static_cast<uint16_t>(~sum));
}

bool may_come_from_nowhere(const wire::Packet& packet) noexcept {
  if (packet.is_v4)
    return packet.protocol == wire::kProtocolUdp && packet.source_port == 68;  // DHCP
  if (packet.protocol != wire::kProtocolIcmpV6) return false;
  // RFC 4861 sections 4.1 and 4.3: before there is an address, and to see whether it is free.
  const auto type = static_cast<uint8_t>(packet.transport[0]);
  return type == wire::icmp_v6::kRouterSolicitation || type == wire::icmp_v6::kNeighborSolicitation;
}

// RFC 2131 section 2: the fixed fields of BOOTP, then the cookie, then options.
constexpr size_t kBootpFieldBytes = 236;
constexpr uint32_t kDhcpCookie = 0x63825363;
constexpr uint8_t kBootRequest = 1;
constexpr uint8_t kLongestHardwareAddress = 16;

// RFC 2132: each option is a code, a length and as many bytes, save the padding and the end.
// Without the end (RFC 2131 section 4.1: there has to be one) old versions read on behind the
// message.
bool has_whole_dhcp_options(base::ByteReader reader) noexcept {
  constexpr uint8_t kPad = 0;
  constexpr uint8_t kEnd = 255;
  while (!reader.rest().empty()) {
    const uint8_t code = reader.read_u8();
    if (code == kEnd) return true;
    if (code != kPad) reader.skip(reader.read_u8());
  }
  return false;
}

bool is_whole_dhcp(base::Bytes message) noexcept {
  if (message.size() < kBootpFieldBytes + sizeof kDhcpCookie) return false;
  if (static_cast<uint8_t>(message[0]) != kBootRequest) return false;
  if (static_cast<uint8_t>(message[2]) > kLongestHardwareAddress) return false;
  base::ByteReader reader(message.subspan(kBootpFieldBytes));
  return reader.read_be32() == kDhcpCookie && has_whole_dhcp_options(reader);
}

// RFC 8415 section 8: type and transaction, then options with codes and lengths of two bytes.
bool is_whole_dhcp_v6(base::Bytes message) noexcept {
  constexpr size_t kFieldBytes = 4;
  if (message.size() < kFieldBytes) return false;
  base::ByteReader reader(message.subspan(kFieldBytes));
  while (!reader.rest().empty()) {
    reader.read_be16();
    reader.skip(reader.read_be16());
  }
  return reader.ok();
}

// RFC 4861 sections 6.1 and 7.1: what makes a message valid. Other types are echo requests here.
bool is_valid_discovery(const wire::Packet& packet) noexcept {
  using namespace wire::icmp_v6;
  const auto message = wire::IcmpView::parse(packet.transport);
  if (!message) return false;
  size_t field_bytes = sizeof(wire::IcmpHeader);
  switch (message->type()) {
    case kRouterSolicitation:
      break;
    case kNeighborSolicitation:
    case kNeighborAdvertisement:
      field_bytes += 16;  // the target's address
      break;
    default:
      return true;
  }
  constexpr uint8_t kFromThisLink = 255;
  if (packet.hop_limit != kFromThisLink || message->code() != 0) return false;
  if (packet.transport.size() < field_bytes) return false;
  for (base::Bytes options = packet.transport.subspan(field_bytes); !options.empty();) {
    if (options.size() < 2) return false;
    const size_t length = size_t{8} * static_cast<uint8_t>(options[1]);
    if (length == 0 || length > options.size()) return false;
    options = options.subspan(length);
  }
  return true;
}

}  // namespace

bool is_fit_for_stack(const wire::Packet& packet) noexcept {
  const size_t plain_header = wire::ip_header_length(packet.is_v4);
  if (packet.transport_offset != plain_header) return false;
  if (packet.protocol == wire::kProtocolIcmpV6) return is_valid_discovery(packet);
  if (packet.protocol != wire::kProtocolUdp) return true;
  // Of UDP only DHCP goes there.
  const auto datagram = wire::UdpView::parse(packet.transport);
  if (!datagram) return false;
  return packet.is_v4 ? is_whole_dhcp(datagram->payload()) : is_whole_dhcp_v6(datagram->payload());
}

bool is_fit_arp(base::Bytes frame) noexcept {
  return wire::ArpView::parse(frame.subspan(sizeof(wire::EthernetHeader))).has_value();
}

void clear_urgent(const GuestFrame& frame, const wire::Packet& packet) noexcept {
  const size_t transport_offset = sizeof(wire::EthernetHeader) + packet.transport_offset;
  std::byte* const segment = frame.bytes.data() + transport_offset;
  std::byte* const checksum = segment + wire::kTcpChecksumOffset;
  for (const size_t offset : {kFlagsWordOffset, kUrgentPointerOffset}) {
    const auto old_word = base::load_big_endian<uint16_t>(segment + offset);
    const uint16_t new_word = offset == kUrgentPointerOffset
                                  ? uint16_t{0}
                                  : static_cast<uint16_t>(old_word & ~uint16_t{wire::kTcpUrg});
    if (new_word == old_word) continue;
    base::store_big_endian(segment + offset, new_word);
    if (!frame.has_partial_checksum()) adjust_checksum(checksum, old_word, new_word);
  }
}

bool complete_checksum(const GuestFrame& frame) noexcept {
  if (!frame.has_partial_checksum()) return true;
  return wire::complete_partial_checksum(frame.bytes, frame.virtio.checksum_start,
                                         frame.virtio.checksum_offset);
}

bool has_usable_source(const wire::Packet& packet) noexcept {
  if (packet.source.is_unspecified()) return may_come_from_nowhere(packet);
  if (rules::is_never_a_destination(packet.source)) return false;
  // arp_table_search() asserts that one of the lower 28 bits is set.
  return !packet.is_v4 || (packet.source.v4_value() & 0x0fffffff) != 0;
}

}  // namespace nsrun::dataplane
