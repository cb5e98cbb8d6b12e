// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_output.hh"

#include <algorithm>
#include <array>

#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/ip_header.hh"
#include "wire/tcp.hh"

namespace nsrun::dataplane {
namespace {

using base::Bytes;

constexpr size_t kMaxHeaders =
    sizeof(wire::EthernetHeader) + sizeof(wire::Ipv6Header) + wire::kMaxTcpHeaderBytes;

uint8_t flag_bits(const tcp::Flags& flags) noexcept {
  return static_cast<uint8_t>((flags.fin ? wire::kTcpFin : 0) | (flags.syn ? wire::kTcpSyn : 0) |
                              (flags.rst ? wire::kTcpRst : 0) | (flags.psh ? wire::kTcpPsh : 0) |
                              (flags.ack ? wire::kTcpAck : 0));
}

wire::TcpFields tcp_fields(const wire::FlowKey& flow, const tcp::Segment& segment) noexcept {
  wire::TcpFields fields;
  fields.source_port = flow.remote.port;
  fields.destination_port = flow.guest.port;
  fields.sequence = segment.sequence;
  fields.acknowledgment = segment.acknowledgment;
  fields.flags = flag_bits(segment.flags);
  fields.window = segment.window;
  if (segment.flags.syn && segment.syn_options.mss != 0) {
    fields.options.maximum_segment_size = segment.syn_options.mss;
    fields.options.window_scale = segment.syn_options.window_shift;
    fields.options.sack_permitted = segment.syn_options.sack_permitted;
  }
  fields.sack = segment.sack;
  return fields;
}

// The three headers of one frame, with the checksum still to do.
struct Headers {
  std::array<std::byte, kMaxHeaders> bytes;
  size_t tcp_offset = 0;
  size_t length = 0;

  base::MutableBytes tcp() noexcept {
    return base::MutableBytes(bytes).subspan(tcp_offset, length - tcp_offset);
  }
  Bytes all() const noexcept { return Bytes(bytes).first(length); }
};

void write_headers(Headers& headers, const LinkPair& link, const wire::FlowKey& flow,
                   const tcp::Segment& segment) noexcept {
  const wire::TcpFields fields = tcp_fields(flow, segment);
  const size_t tcp_length = wire::tcp_header_length(fields);
  const bool is_v4 = flow.guest.address.is_v4();
  base::ByteWriter writer(headers.bytes);
  writer.write(base::bytes_of(wire::EthernetHeader{
      link.guest, link.ours, is_v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6}));
  wire::write_ip_header(writer, flow.remote.address, flow.guest.address, wire::kProtocolTcp,
                        tcp_length + segment.payload.size());
  headers.tcp_offset = writer.written().size();
  wire::emit_tcp_header(writer.reserve(tcp_length), fields);
  headers.length = writer.written().size();
}

void send_offloaded(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                    const tcp::Segment& segment, uint16_t mss) noexcept {
  Headers headers;
  write_headers(headers, link, flow, segment);
  // The pseudo-header covers the payload's length too, which is not in this span.
  wire::ChecksumAccumulator sum;
  sum.add_pseudo_header(flow.remote.address, flow.guest.address, wire::kProtocolTcp,
                        headers.length - headers.tcp_offset + segment.payload.size());
  base::store_big_endian<uint16_t>(headers.tcp().data() + wire::kTcpChecksumOffset, sum.sum());
  wire::VirtioNetHeader offload;
  offload.flags = wire::kVirtioNeedsChecksum;
  offload.checksum_start = static_cast<uint16_t>(headers.tcp_offset);
  offload.checksum_offset = wire::kTcpChecksumOffset;
  if (segment.payload.size() > mss) {
    offload.gso_type = flow.guest.address.is_v4() ? wire::kVirtioGsoTcpV4 : wire::kVirtioGsoTcpV6;
    offload.gso_size = mss;
    offload.header_length = static_cast<uint16_t>(headers.length);
  }
  sink.send(offload, headers.all(), segment.payload);
}

void send_summed(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                 const tcp::Segment& segment) noexcept {
  Headers headers;
  write_headers(headers, link, flow, segment);
  wire::ChecksumAccumulator sum;
  sum.add_pseudo_header(flow.remote.address, flow.guest.address, wire::kProtocolTcp,
                        headers.length - headers.tcp_offset + segment.payload.size());
  sum.add(headers.tcp());
  sum.add(segment.payload);
  base::store_big_endian<uint16_t>(headers.tcp().data() + wire::kTcpChecksumOffset, sum.finish());
  sink.send({}, headers.all(), segment.payload);
}

}  // namespace

void send_segment(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                  const tcp::Segment& segment, uint16_t mss) noexcept {
  if (sink.has_offloads()) {
    send_offloaded(sink, link, flow, segment, mss);
    return;
  }
  tcp::Segment piece = segment;
  Bytes rest = segment.payload;
  do {
    piece.payload = rest.first(std::min<size_t>(rest.size(), mss));
    rest = rest.subspan(piece.payload.size());
    piece.flags.psh = segment.flags.psh && rest.empty();
    send_summed(sink, link, flow, piece);
    piece.sequence += static_cast<uint32_t>(piece.payload.size());
  } while (!rest.empty());
}

}  // namespace nsrun::dataplane
