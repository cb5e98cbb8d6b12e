// SPDX-License-Identifier: Apache-2.0
//
// Endpoints and protocols as bytes, from one of our programs to another: 16 bytes of address, the
// port in network order.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/bytes.hh"
#include "wire/address.hh"

namespace nsrun::wire {

inline constexpr size_t kEndpointBytes = 18;

inline void write_endpoint(base::ByteWriter& writer, const Endpoint& endpoint) {
  writer.write(std::as_bytes(std::span(endpoint.address.octets())));
  writer.write_be16(endpoint.port);
}

inline Endpoint read_endpoint(base::ByteReader& reader) {
  std::array<uint8_t, 16> octets{};
  std::ranges::copy(reader.take(octets.size()), std::as_writable_bytes(std::span(octets)).begin());
  return {IpAddress::v6(octets), reader.read_be16()};
}

// Nothing for a protocol that we do not relay.
inline std::optional<Transport> to_transport(uint8_t number) noexcept {
  const auto transport = static_cast<Transport>(number);
  if (transport != Transport::kTcp && transport != Transport::kUdp) return std::nullopt;
  return transport;
}

}  // namespace nsrun::wire
