// SPDX-License-Identifier: Apache-2.0
//
// Frames as a guest would send them, for tests: whole Ethernet frames with all checksums.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "dataplane/answer_frames.hh"
#include "wire/arp.hh"
#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/icmp.hh"
#include "wire/ip_header.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace nsrun::test {

using Frame = std::vector<std::byte>;

inline constexpr wire::MacAddress kGuestMac{{0x02, 0, 0, 0, 0, 0x64}};
// Of somebody else on the guest's side.
inline constexpr wire::MacAddress kOtherMac{{0x02, 0, 0, 0, 0, 0x65}};
inline constexpr wire::MacAddress kGatewayMac{{0x52, 0x55, 10, 0, 2, 2}};

inline wire::IpAddress ip(std::string_view text) { return wire::IpAddress::parse(text).value(); }

inline base::Bytes bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

inline Frame ethernet(uint16_t ether_type, base::Bytes payload,
                      const wire::MacAddress& destination = kGatewayMac) {
  const wire::EthernetHeader header{destination, kGuestMac, ether_type};
  Frame frame(sizeof header + payload.size());
  base::ByteWriter writer(frame);
  writer.write(base::bytes_of(header));
  writer.write(payload);
  return frame;
}

// Leaves only the pseudo-header's sum in the field, as a kernel does that says NEEDS_CSUM.
inline void set_partial_checksum(base::MutableBytes transport, size_t checksum_offset,
                                 const wire::IpAddress& source, const wire::IpAddress& destination,
                                 uint8_t protocol) {
  wire::ChecksumAccumulator sum;
  sum.add_pseudo_header(source, destination, protocol, transport.size());
  base::store_big_endian(&transport[checksum_offset], sum.sum());
}

// An IP packet of the addresses' family.
inline Frame ip_frame(const wire::IpAddress& source, const wire::IpAddress& destination,
                      uint8_t protocol, base::Bytes payload,
                      const wire::MacAddress& mac = kGatewayMac) {
  Frame packet(sizeof(wire::Ipv6Header) + payload.size());
  base::ByteWriter writer(packet);
  wire::write_ip_header(writer, source, destination, protocol, payload.size());
  writer.write(payload);
  return ethernet(source.is_v4() ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6, writer.written(),
                  mac);
}

inline Frame udp_frame(const wire::Endpoint& source, const wire::Endpoint& destination,
                       base::Bytes payload, const wire::MacAddress& mac = kGatewayMac) {
  Frame frame(dataplane::kLongestAnswerFrame);
  frame.resize(dataplane::emit_datagram(frame, {mac, kGuestMac}, source, destination, payload));
  return frame;
}

inline Frame tcp_frame(const wire::Endpoint& source, const wire::Endpoint& destination,
                       wire::TcpFields fields, base::Bytes payload = {}) {
  fields.source_port = source.port;
  fields.destination_port = destination.port;
  Frame segment(wire::tcp_header_length(fields) + payload.size());
  const size_t header_length = wire::emit_tcp_header(segment, fields);
  std::ranges::copy(payload, segment.begin() + static_cast<ptrdiff_t>(header_length));
  wire::set_transport_checksum(segment, wire::kTcpChecksumOffset, source.address,
                               destination.address, wire::kProtocolTcp);
  return ip_frame(source.address, destination.address, wire::kProtocolTcp, segment);
}

inline Frame syn_frame(const wire::Endpoint& source, const wire::Endpoint& destination) {
  wire::TcpFields fields;
  fields.sequence = wire::Sequence(1000);
  fields.flags = wire::kTcpSyn;
  fields.window = 65535;
  return tcp_frame(source, destination, fields);
}

inline Frame ping_frame(const wire::IpAddress& source, const wire::IpAddress& destination,
                        base::Bytes payload = {}) {
  const uint8_t type = source.is_v4() ? wire::icmp_v4::kEchoRequest : wire::icmp_v6::kEchoRequest;
  Frame packet(sizeof(wire::Ipv6Header) + sizeof(wire::IcmpHeader) + payload.size());
  packet.resize(wire::emit_icmp_packet(packet, source, destination,
                                       {type, 0, uint16_t{0}, uint16_t{7}, uint16_t{1}}, payload));
  return ethernet(source.is_v4() ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6, packet);
}

inline Frame arp_request(const wire::IpAddress& source, const wire::IpAddress& target) {
  wire::ArpMessage message;
  message.operation = wire::kArpRequest;
  message.sender_mac = kGuestMac;
  message.sender_ip = source.v4_value();
  message.target_ip = target.v4_value();
  return ethernet(wire::kEtherTypeArp, base::bytes_of(message), wire::kBroadcastMac);
}

// The guest says that the address asked for is its own.
inline Frame arp_reply(const wire::ArpView& request) {
  wire::ArpMessage reply;
  reply.operation = wire::kArpReply;
  reply.sender_mac = kGuestMac;
  reply.sender_ip = request.target_ip().v4_value();
  reply.target_mac = request.sender_mac();
  reply.target_ip = request.sender_ip().v4_value();
  return ethernet(wire::kEtherTypeArp, base::bytes_of(reply));
}

// RFC 4861 section 4.3, without options.
inline Frame neighbor_solicitation(const wire::IpAddress& source, const wire::IpAddress& target) {
  Frame packet(sizeof(wire::Ipv6Header) + sizeof(wire::IcmpHeader) + target.octets().size());
  packet.resize(wire::emit_icmp_packet(
      packet, source, target, {wire::icmp_v6::kNeighborSolicitation, 0, uint16_t{0}, {}, {}},
      base::bytes_of(target.octets())));
  constexpr size_t kHopLimitOffset = 7;
  packet[kHopLimitOffset] = std::byte{255};
  return ethernet(wire::kEtherTypeIpv6, packet);
}

// The frame as if `mac` had sent it.
inline Frame from_mac(const wire::MacAddress& mac, Frame frame) {
  std::ranges::copy(base::bytes_of(mac), frame.begin() + sizeof(wire::MacAddress));
  return frame;
}

// The answer to a neighbour solicitation (RFC 4861 section 4.4).
inline Frame neighbor_advertisement(const wire::Packet& solicitation) {
  const base::Bytes target = solicitation.transport.subspan(sizeof(wire::IcmpHeader), 16);
  constexpr uint32_t kSolicitedAndOverride = 0x60000000;
  constexpr size_t kOptionBytes = 8;
  Frame message(sizeof(wire::IcmpHeader) + target.size() + kOptionBytes);
  base::ByteWriter writer(message);
  writer.write_u8(wire::icmp_v6::kNeighborAdvertisement);
  writer.fill(3, std::byte{0});
  writer.write_be32(kSolicitedAndOverride);
  writer.write(target);
  writer.write_u8(2);  // target link-layer address
  writer.write_u8(kOptionBytes / 8);
  writer.write(base::bytes_of(kGuestMac));
  const wire::IpAddress source = wire::IpAddress::from_bytes(target);
  wire::set_transport_checksum(message, wire::kIcmpChecksumOffset, source, solicitation.source,
                               wire::kProtocolIcmpV6);
  Frame frame = ip_frame(source, solicitation.source, wire::kProtocolIcmpV6, message,
                         solicitation.ethernet.source);
  constexpr size_t kHopLimitOffset = sizeof(wire::EthernetHeader) + 7;
  frame[kHopLimitOffset] = std::byte{255};
  return frame;
}

// One piece of what `packet` carries.
inline Frame fragment_of(const wire::Packet& packet, size_t offset, size_t length) {
  const base::Bytes piece = packet.transport.subspan(offset, length);
  const bool is_last = offset + length == packet.transport.size();
  Frame bytes(sizeof(wire::Ipv6Header) + sizeof(wire::Ipv6FragmentHeader) + length);
  base::ByteWriter writer(bytes);
  if (packet.is_v4) {
    wire::Ipv4Header header = wire::load_header<wire::Ipv4Header>(packet.ip);
    header.total_length = static_cast<uint16_t>(sizeof header + length);
    header.flags_and_offset =
        static_cast<uint16_t>((is_last ? 0 : wire::kIpv4MoreFragments) | (offset / 8));
    writer.write(base::bytes_of(header));
    wire::set_ipv4_checksum(writer.written());
  } else {
    wire::Ipv6Header header = wire::load_header<wire::Ipv6Header>(packet.ip);
    header.payload_length = static_cast<uint16_t>(sizeof(wire::Ipv6FragmentHeader) + length);
    header.next_header = wire::kExtensionFragment;
    writer.write(base::bytes_of(header));
    writer.write(base::bytes_of(wire::Ipv6FragmentHeader{
        packet.protocol, 0, static_cast<uint16_t>(offset | (is_last ? 0U : 1U)), uint32_t{77}}));
  }
  writer.write(piece);
  return ethernet(packet.ethernet.ether_type, writer.written());
}

// A frame in pieces of `piece_bytes` (a multiple of 8) of what its IP packet carries.
inline std::vector<Frame> fragments_of(const Frame& frame, size_t piece_bytes) {
  const wire::ParsedFrame parsed = wire::parse_frame(frame);
  const size_t total = parsed.packet.transport.size();
  std::vector<Frame> pieces;
  for (size_t offset = 0; offset < total; offset += piece_bytes) {
    pieces.push_back(fragment_of(parsed.packet, offset, std::min(piece_bytes, total - offset)));
  }
  return pieces;
}

}  // namespace nsrun::test
