// SPDX-License-Identifier: Apache-2.0
#include "dataplane/sanitise.hh"

#include "base/big_endian.hh"
#include "rules/egress.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"
#include "wire/tcp.hh"

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

}  // namespace

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
