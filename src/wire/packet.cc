// SPDX-License-Identifier: Apache-2.0
#include "wire/packet.hh"

#include "wire/icmp.hh"
#include "wire/tcp.hh"
#include "wire/udp.hh"

namespace nsrun::wire {
namespace {

bool read_ipv4(base::Bytes bytes, Packet& packet) noexcept {
  const auto view = Ipv4View::parse(bytes);
  if (!view || !view->has_valid_checksum()) return false;
  packet.is_v4 = true;
  packet.ip = view->packet();
  packet.transport = view->payload();
  packet.transport_offset = view->header_length();
  packet.source = view->source();
  packet.destination = view->destination();
  packet.protocol = view->protocol();
  packet.hop_limit = view->hop_limit();
  packet.dont_fragment = view->dont_fragment();
  if (view->is_fragment()) {
    packet.fragment = Fragment{view->identification(), view->fragment_offset_bytes(),
                               view->more_fragments(), view->header_length(), 0};
  }
  return true;
}

Fragment read_fragment_header(base::Bytes packet, const Ipv6Chain& chain) noexcept {
  const auto header = load_header<Ipv6FragmentHeader>(packet.subspan(chain.fragment_header_offset));
  const uint16_t offset_and_more = header.offset_and_more;
  return {header.identification, size_t{offset_and_more} & 0xfff8, (offset_and_more & 1) != 0,
          chain.fragment_header_offset, chain.fragment_next_header_offset};
}

bool read_ipv6(base::Bytes bytes, Packet& packet) noexcept {
  const auto view = Ipv6View::parse(bytes);
  if (!view) return false;
  packet.source = view->source();
  packet.destination = view->destination();
  // A v4-mapped address on the wire (never legitimate, RFC 4038 section 4.2) would be taken for an
  // IPv4 address from here on.
  if (packet.source.is_v4() || packet.destination.is_v4()) return false;
  const auto chain = walk_extension_headers(*view);
  if (!chain) return false;
  packet.ip = view->packet();
  packet.transport = packet.ip.subspan(chain->transport_offset);
  packet.transport_offset = chain->transport_offset;
  packet.protocol = chain->protocol;
  packet.hop_limit = view->hop_limit();
  packet.dont_fragment = !chain->has_fragment_header;
  if (chain->has_fragment_header) packet.fragment = read_fragment_header(packet.ip, *chain);
  return true;
}

template <typename View>
bool read_ports(Packet& packet) noexcept {
  const auto view = View::parse(packet.transport);
  if (!view) return false;
  packet.source_port = view->source_port();
  packet.destination_port = view->destination_port();
  return true;
}

bool read_transport(Packet& packet) noexcept {
  switch (packet.protocol) {
    case kProtocolTcp:
      return read_ports<TcpView>(packet);
    case kProtocolUdp:
      return read_ports<UdpView>(packet);
    case kProtocolIcmp:
    case kProtocolIcmpV6:
      return IcmpView::parse(packet.transport).has_value();
    default:
      return true;
  }
}

ParseStatus read_ip(base::Bytes bytes, Packet& packet) noexcept {
  if (bytes.empty()) return ParseStatus::kTooShort;
  const bool is_v4 = static_cast<uint8_t>(bytes[0]) >> 4 == 4;
  if (!(is_v4 ? read_ipv4(bytes, packet) : read_ipv6(bytes, packet))) return ParseStatus::kBadIp;
  if (!packet.fragment && !read_transport(packet)) return ParseStatus::kBadTransport;
  return ParseStatus::kIp;
}

}  // namespace

ParsedFrame parse_frame(base::Bytes frame) noexcept {
  ParsedFrame parsed;
  Packet& packet = parsed.packet;
  packet.frame = frame;
  const auto view = EthernetView::parse(frame);
  if (!view) return parsed;
  packet.ethernet = view->header();
  switch (const uint16_t ether_type = packet.ethernet.ether_type) {
    case kEtherTypeArp:
      parsed.status = ParseStatus::kArp;
      break;
    case kEtherTypeIpv4:
    case kEtherTypeIpv6:
      parsed.status = read_ip(view->payload(), packet);
      if (parsed.status == ParseStatus::kIp && packet.is_v4 != (ether_type == kEtherTypeIpv4)) {
        parsed.status = ParseStatus::kBadIp;
      }
      break;
    default:
      parsed.status = ParseStatus::kUnknownEtherType;
  }
  return parsed;
}

ParsedFrame parse_ip(base::Bytes packet) noexcept {
  ParsedFrame parsed;
  parsed.status = read_ip(packet, parsed.packet);
  return parsed;
}

std::optional<base::Counter> drop_counter(ParseStatus status) noexcept {
  switch (status) {
    case ParseStatus::kTooShort:
      return base::Counter::kDroppedTooShort;
    case ParseStatus::kBadIp:
      return base::Counter::kDroppedBadIp;
    case ParseStatus::kBadTransport:
      return base::Counter::kDroppedBadTransport;
    case ParseStatus::kUnknownEtherType:
      return base::Counter::kDroppedUnknownEtherType;
    case ParseStatus::kIp:
    case ParseStatus::kArp:
      break;
  }
  return std::nullopt;
}

}  // namespace nsrun::wire
