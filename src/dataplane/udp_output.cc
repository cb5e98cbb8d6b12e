// SPDX-License-Identifier: Apache-2.0
#include "dataplane/udp_output.hh"

#include <algorithm>
#include <array>

#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/ip_header.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using base::Bytes;

constexpr size_t kMaxHeaders =
    sizeof(wire::EthernetHeader) + sizeof(wire::Ipv6Header) + sizeof(wire::UdpHeader);

size_t most_payload(bool is_v4) noexcept {
  return 65535 - sizeof(wire::UdpHeader) - (is_v4 ? sizeof(wire::Ipv4Header) : 0);
}

struct Headers {
  std::array<std::byte, kMaxHeaders> bytes;
  size_t udp_offset = 0;
  size_t length = 0;

  base::MutableBytes udp() noexcept {
    return base::MutableBytes(bytes).subspan(udp_offset, sizeof(wire::UdpHeader));
  }
  Bytes all() const noexcept { return Bytes(bytes).first(length); }
};

void write_headers(Headers& headers, const LinkPair& link, const wire::FlowKey& flow,
                   size_t payload_length) noexcept {
  const bool is_v4 = flow.guest.address.is_v4();
  base::ByteWriter writer(headers.bytes);
  writer.write(base::bytes_of(wire::EthernetHeader{
      link.guest, link.ours, is_v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6}));
  wire::write_ip_header(writer, flow.remote.address, flow.guest.address, wire::kProtocolUdp,
                        sizeof(wire::UdpHeader) + payload_length);
  headers.udp_offset = writer.written().size();
  writer.write(
      base::bytes_of(wire::make_udp_header(flow.remote.port, flow.guest.port, payload_length)));
  headers.length = writer.written().size();
}

wire::ChecksumAccumulator pseudo_header(const wire::FlowKey& flow, size_t payload_length) noexcept {
  wire::ChecksumAccumulator sum;
  sum.add_pseudo_header(flow.remote.address, flow.guest.address, wire::kProtocolUdp,
                        sizeof(wire::UdpHeader) + payload_length);
  return sum;
}

bool send_offloaded(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow, Bytes payload,
                    uint16_t segment_bytes) noexcept {
  Headers headers;
  write_headers(headers, link, flow, payload.size());
  base::store_big_endian<uint16_t>(headers.udp().data() + wire::kUdpChecksumOffset,
                                   pseudo_header(flow, payload.size()).sum());
  wire::VirtioNetHeader offload;
  offload.flags = wire::kVirtioNeedsChecksum;
  offload.checksum_start = static_cast<uint16_t>(headers.udp_offset);
  offload.checksum_offset = wire::kUdpChecksumOffset;
  if (segment_bytes != 0) {
    offload.gso_type = wire::kVirtioGsoUdpL4;
    offload.gso_size = segment_bytes;
    offload.header_length = static_cast<uint16_t>(headers.length);
  }
  return sink.send(offload, headers.all(), payload);
}

bool send_summed(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow,
                 Bytes payload) noexcept {
  Headers headers;
  write_headers(headers, link, flow, payload.size());
  wire::ChecksumAccumulator sum = pseudo_header(flow, payload.size());
  sum.add(headers.udp());
  sum.add(payload);
  const uint16_t checksum = sum.finish();
  base::store_big_endian<uint16_t>(headers.udp().data() + wire::kUdpChecksumOffset,
                                   checksum == 0 ? uint16_t{0xffff} : checksum);  // RFC 768
  return sink.send({}, headers.all(), payload);
}

}  // namespace

bool send_datagrams(FrameSink& sink, const LinkPair& link, const wire::FlowKey& flow, Bytes payload,
                    uint16_t segment_bytes) noexcept {
  const bool is_run = segment_bytes != 0 && payload.size() > segment_bytes;
  // A client of the other family may send more than the guest's own can carry.
  const bool fits = payload.size() <= most_payload(flow.guest.address.is_v4());
  if (!is_run && !fits) return false;
  if (!is_run || (fits && sink.has_udp_segmentation())) {
    return sink.has_offloads()
               ? send_offloaded(sink, link, flow, payload, is_run ? segment_bytes : uint16_t{0})
               : send_summed(sink, link, flow, payload);
  }
  bool is_sent = true;
  for (Bytes rest = payload; !rest.empty();) {
    const Bytes one = rest.first(std::min<size_t>(rest.size(), segment_bytes));
    is_sent = send_datagrams(sink, link, flow, one, 0) && is_sent;
    rest = rest.subspan(one.size());
  }
  return is_sent;
}

}  // namespace nsrun::dataplane
