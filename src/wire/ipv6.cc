// SPDX-License-Identifier: Apache-2.0
#include "wire/ipv6.hh"

namespace nsrun::wire {
namespace {

bool is_skippable(uint8_t header_kind) noexcept {
  return header_kind == kExtensionHopByHop || header_kind == kExtensionRouting ||
         header_kind == kExtensionDestination;
}

// Hop-by-hop, routing and destination options share their first bytes: next header, length in units
// of 8 bytes without the first, and, for routing, type and segments left. Zero when truncated.
size_t extension_length(base::Bytes rest) noexcept {
  if (rest.size() < 8) return 0;
  const size_t length = size_t{8} * (static_cast<size_t>(rest[1]) + 1);
  return length <= rest.size() ? length : 0;
}

}  // namespace

std::optional<Ipv6View> Ipv6View::parse(base::Bytes bytes) noexcept {
  if (bytes.size() < sizeof(Ipv6Header)) return std::nullopt;
  const auto header = load_header<Ipv6Header>(bytes);
  if (header.version_class_flow >> 28 != 6) return std::nullopt;
  const size_t length = sizeof(Ipv6Header) + header.payload_length;
  if (length > bytes.size()) return std::nullopt;
  return Ipv6View(bytes.first(length));
}

std::optional<Ipv6Chain> walk_extension_headers(const Ipv6View& view) noexcept {
  const base::Bytes packet = view.packet();
  size_t next_header_offset = offsetof(Ipv6Header, next_header);
  size_t position = sizeof(Ipv6Header);
  for (size_t count = 0; count <= kMaxExtensionHeaders; ++count) {
    const auto kind = static_cast<uint8_t>(packet[next_header_offset]);
    const base::Bytes rest = packet.subspan(position);
    if (kind == kExtensionFragment) {
      if (rest.size() < sizeof(Ipv6FragmentHeader)) return std::nullopt;
      return Ipv6Chain{static_cast<uint8_t>(rest[0]), position + sizeof(Ipv6FragmentHeader), true,
                       position, next_header_offset};
    }
    if (!is_skippable(kind)) return Ipv6Chain{kind, position};
    if (kind == kExtensionHopByHop && count != 0) return std::nullopt;
    const size_t length = extension_length(rest);
    if (length == 0) return std::nullopt;
    if (kind == kExtensionRouting && rest[3] != std::byte{0}) return std::nullopt;
    next_header_offset = position;
    position += length;
  }
  return std::nullopt;
}

Ipv6Header make_ipv6_header(const Ipv6Fields& fields) noexcept {
  NSRUN_CHECK(fields.source.is_v6() && fields.destination.is_v6());
  NSRUN_CHECK(fields.payload_length <= 65535);
  Ipv6Header header{};
  header.version_class_flow = uint32_t{6} << 28 | uint32_t{fields.traffic_class} << 20;
  header.payload_length = static_cast<uint16_t>(fields.payload_length);
  header.next_header = fields.next_header;
  header.hop_limit = fields.hop_limit;
  header.source = fields.source.octets();
  header.destination = fields.destination.octets();
  return header;
}

}  // namespace nsrun::wire
