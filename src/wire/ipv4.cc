// SPDX-License-Identifier: Apache-2.0
#include "wire/ipv4.hh"

#include "wire/checksum.hh"

namespace nsrun::wire {

std::optional<Ipv4View> Ipv4View::parse(base::Bytes bytes) noexcept {
  if (bytes.size() < sizeof(Ipv4Header)) return std::nullopt;
  const auto header = load_header<Ipv4Header>(bytes);
  const size_t header_length = size_t{4} * (header.version_and_length & 0x0f);
  const size_t total_length = header.total_length;
  if (header.version_and_length >> 4 != 4 || header_length < sizeof(Ipv4Header)) {
    return std::nullopt;
  }
  if (total_length < header_length || total_length > bytes.size()) return std::nullopt;
  return Ipv4View(bytes.first(total_length), header_length);
}

bool Ipv4View::has_valid_checksum() const noexcept {
  return internet_checksum(packet_.first(header_length_)) == 0;
}

Ipv4Header make_ipv4_header(const Ipv4Fields& fields) noexcept {
  NSRUN_CHECK(fields.source.is_v4() && fields.destination.is_v4());
  NSRUN_CHECK(fields.payload_length <= 65535 - sizeof(Ipv4Header));
  Ipv4Header header{};
  header.version_and_length = 0x45;
  header.traffic_class = fields.traffic_class;
  header.total_length = static_cast<uint16_t>(sizeof(Ipv4Header) + fields.payload_length);
  header.identification = fields.identification;
  header.flags_and_offset = fields.dont_fragment ? kIpv4DontFragment : uint16_t{0};
  header.time_to_live = fields.hop_limit;
  header.protocol = fields.protocol;
  header.source = fields.source.v4_value();
  header.destination = fields.destination.v4_value();
  header.checksum = internet_checksum(base::bytes_of(header));
  return header;
}

void set_ipv4_checksum(base::MutableBytes header) noexcept {
  constexpr size_t kOffset = offsetof(Ipv4Header, checksum);
  NSRUN_CHECK(header.size() >= sizeof(Ipv4Header));
  base::store_big_endian<uint16_t>(&header[kOffset], 0);
  base::store_big_endian(&header[kOffset], internet_checksum(header));
}

}  // namespace nsrun::wire
