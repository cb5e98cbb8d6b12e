// SPDX-License-Identifier: Apache-2.0
#include "dataplane/answer_frames.hh"

#include "wire/arp.hh"
#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/ip_header.hh"
#include "wire/tcp.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

void write_ethernet(base::ByteWriter& writer, const LinkPair& link, bool is_v4) noexcept {
  writer.write(base::bytes_of(wire::EthernetHeader{
      link.guest, link.ours, is_v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6}));
}

// Both ends of the link as the answer to `packet` has them.
LinkPair link_of(const wire::Packet& packet) noexcept {
  return {packet.ethernet.source, packet.ethernet.destination};
}

// RFC 9293 section 3.10.7.1: "If the ACK bit is off, sequence number zero is used [...] If the ACK
// bit is on, <SEQ=SEG.ACK><CTL=RST>".
wire::TcpFields reset_for(const wire::TcpView& segment) noexcept {
  wire::TcpFields fields;
  fields.source_port = segment.destination_port();
  fields.destination_port = segment.source_port();
  if (segment.has(wire::kTcpAck)) {
    fields.sequence = segment.acknowledgment();
    fields.flags = wire::kTcpRst;
    return fields;
  }
  const auto length = static_cast<uint32_t>(segment.payload().size()) +
                      (segment.has(wire::kTcpSyn) ? 1U : 0U) +
                      (segment.has(wire::kTcpFin) ? 1U : 0U);
  fields.acknowledgment = segment.sequence() + length;
  fields.flags = wire::kTcpRst | wire::kTcpAck;
  return fields;
}

}  // namespace

size_t emit_reset(base::MutableBytes out, const wire::Packet& packet) noexcept {
  const auto segment = wire::TcpView::parse(packet.transport);
  if (!segment || segment->has(wire::kTcpRst)) return 0;
  if (packet.ethernet.destination.is_multicast() ||
      packet.destination.is_multicast_or_broadcast()) {
    return 0;
  }
  base::ByteWriter writer(out);
  write_ethernet(writer, link_of(packet), packet.is_v4);
  wire::write_ip_header(writer, packet.destination, packet.source, wire::kProtocolTcp,
                        sizeof(wire::TcpHeader), /*dont_fragment=*/false);
  const base::MutableBytes reset = writer.reserve(sizeof(wire::TcpHeader));
  if (!writer.ok()) return 0;
  wire::emit_tcp_header(reset, reset_for(*segment));
  wire::set_transport_checksum(reset, wire::kTcpChecksumOffset, packet.destination, packet.source,
                               wire::kProtocolTcp);
  return writer.written().size();
}

size_t emit_refusal(base::MutableBytes out, wire::IcmpError error, const wire::IpAddress& reporter,
                    const wire::Packet& packet) noexcept {
  if (packet.ethernet.destination.is_multicast()) return 0;
  base::ByteWriter writer(out);
  write_ethernet(writer, link_of(packet), packet.is_v4);
  if (!writer.ok()) return 0;
  const size_t ethernet_length = writer.written().size();
  const size_t ip_length =
      wire::emit_icmp_error(out.subspan(ethernet_length), error, reporter, packet.ip);
  return ip_length == 0 ? 0 : ethernet_length + ip_length;
}

size_t emit_arp_request(base::MutableBytes out, const LinkPair& link,
                        const wire::IpAddress& gateway, const wire::IpAddress& guest) noexcept {
  base::ByteWriter writer(out);
  writer.write(base::bytes_of(wire::EthernetHeader{link.guest, link.ours, wire::kEtherTypeArp}));
  writer.write(base::bytes_of(wire::make_arp_request(gateway, link.ours, guest)));
  return writer.ok() ? writer.written().size() : 0;
}

size_t emit_datagram(base::MutableBytes out, const LinkPair& link, const wire::Endpoint& source,
                     const wire::Endpoint& destination, base::Bytes payload) noexcept {
  const bool is_v4 = source.address.is_v4();
  const size_t ip_header_length = is_v4 ? sizeof(wire::Ipv4Header) : 0;  // counts for IPv4 only
  if (ip_header_length + sizeof(wire::UdpHeader) + payload.size() > 65535) return 0;
  base::ByteWriter writer(out);
  write_ethernet(writer, link, is_v4);
  wire::write_ip_header(writer, source.address, destination.address, wire::kProtocolUdp,
                        sizeof(wire::UdpHeader) + payload.size(), /*dont_fragment=*/false);
  const size_t udp_offset = writer.written().size();
  writer.write(
      base::bytes_of(wire::make_udp_header(source.port, destination.port, payload.size())));
  writer.write(payload);
  if (!writer.ok()) return 0;
  wire::set_transport_checksum(writer.written().subspan(udp_offset), wire::kUdpChecksumOffset,
                               source.address, destination.address, wire::kProtocolUdp);
  return writer.written().size();
}

}  // namespace nsrun::dataplane
