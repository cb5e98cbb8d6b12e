// SPDX-License-Identifier: Apache-2.0
#include "wire/icmp.hh"

#include <algorithm>

#include "wire/checksum.hh"
#include "wire/ip_header.hh"
#include "wire/packet.hh"

namespace nsrun::wire {
namespace {

struct TypeAndCode {
  uint8_t type;
  uint8_t code;
};

TypeAndCode v4_numbers(IcmpError error) noexcept {
  using namespace icmp_v4;
  switch (error) {
    case IcmpError::kNetworkUnreachable:
      return {kDestinationUnreachable, kNetworkUnreachable};
    case IcmpError::kHostUnreachable:
      return {kDestinationUnreachable, kHostUnreachable};
    case IcmpError::kPortUnreachable:
      return {kDestinationUnreachable, kPortUnreachable};
    case IcmpError::kAdministrativelyProhibited:
      return {kDestinationUnreachable, kAdministrativelyProhibited};
    case IcmpError::kPacketTooBig:
      return {kDestinationUnreachable, kFragmentationNeeded};
    case IcmpError::kTimeExceeded:
      break;
  }
  return {kTimeExceeded, 0};
}

TypeAndCode v6_numbers(IcmpError error) noexcept {
  using namespace icmp_v6;
  switch (error) {
    case IcmpError::kNetworkUnreachable:
      return {kDestinationUnreachable, kNoRoute};
    case IcmpError::kHostUnreachable:
      return {kDestinationUnreachable, kAddressUnreachable};
    case IcmpError::kPortUnreachable:
      return {kDestinationUnreachable, kPortUnreachable};
    case IcmpError::kAdministrativelyProhibited:
      return {kDestinationUnreachable, kAdministrativelyProhibited};
    case IcmpError::kPacketTooBig:
      return {kPacketTooBig, 0};
    case IcmpError::kTimeExceeded:
      break;
  }
  return {kTimeExceeded, 0};
}

bool is_icmp_error(const Packet& packet) noexcept {
  if (packet.transport.empty()) return false;
  const auto type = static_cast<uint8_t>(packet.transport[0]);
  if (packet.protocol == kProtocolIcmpV6) return type < icmp_v6::kFirstInformational;
  if (packet.protocol != kProtocolIcmp) return false;
  return type != icmp_v4::kEchoRequest && type != icmp_v4::kEchoReply;
}

bool deserves_error(const Packet& packet) noexcept {
  if (is_icmp_error(packet)) return false;
  if (packet.fragment && packet.fragment->offset_bytes != 0) return false;
  if (packet.source.is_unspecified() || packet.source.is_multicast_or_broadcast()) return false;
  return !packet.destination.is_multicast_or_broadcast();
}

// Over IPv6 the checksum covers a pseudo-header too (RFC 4443 section 2.3).
uint16_t icmp_checksum(base::Bytes message, const IpAddress& source,
                       const IpAddress& destination) noexcept {
  ChecksumAccumulator accumulator;
  if (source.is_v6()) {
    accumulator.add_pseudo_header(source, destination, kProtocolIcmpV6, message.size());
  }
  accumulator.add(message);
  return accumulator.finish();
}

}  // namespace

size_t emit_icmp_packet(base::MutableBytes out, const IpAddress& source,
                        const IpAddress& destination, const IcmpHeader& header,
                        base::Bytes payload) noexcept {
  const size_t message_length = sizeof(IcmpHeader) + payload.size();
  const size_t ip_length = ip_header_length(source.is_v4());
  if (message_length + ip_length > std::min(out.size(), size_t{65535})) return 0;
  base::ByteWriter writer(out);
  write_ip_header(writer, source, destination, source.is_v4() ? kProtocolIcmp : kProtocolIcmpV6,
                  message_length);
  IcmpHeader unsummed = header;
  unsummed.checksum = uint16_t{0};
  writer.write(base::bytes_of(unsummed));
  writer.write(payload);
  const base::MutableBytes message = writer.written().subspan(ip_length);
  base::store_big_endian(&message[kIcmpChecksumOffset],
                         icmp_checksum(message, source, destination));
  return writer.written().size();
}

size_t emit_icmp_error(base::MutableBytes out, IcmpError error, const IpAddress& reporter,
                       base::Bytes offending, uint32_t next_hop_mtu) noexcept {
  const ParsedFrame parsed = parse_ip(offending);
  const Packet& packet = parsed.packet;
  if (parsed.status != ParseStatus::kIp || !deserves_error(packet)) return 0;
  if (reporter.is_v4() != packet.is_v4) return 0;

  const auto [type, code] = packet.is_v4 ? v4_numbers(error) : v6_numbers(error);
  IcmpHeader header{type, code, uint16_t{0}, uint16_t{0}, uint16_t{0}};
  if (error == IcmpError::kPacketTooBig) {
    // IPv4 has 16 bits for it (RFC 1191 section 4), the second half of what IPv6 has.
    if (!packet.is_v4) header.identifier = static_cast<uint16_t>(next_hop_mtu >> 16);
    header.sequence = static_cast<uint16_t>(next_hop_mtu);
  }
  const size_t limit = packet.is_v4 ? kMaxIcmpV4ErrorBytes : kMaxIcmpV6ErrorBytes;
  const size_t quote_limit = limit - ip_header_length(packet.is_v4) - sizeof(IcmpHeader);
  const base::Bytes quote = packet.ip.first(std::min(packet.ip.size(), quote_limit));
  return emit_icmp_packet(out, reporter, packet.source, header, quote);
}

}  // namespace nsrun::wire
