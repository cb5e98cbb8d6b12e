// SPDX-License-Identifier: Apache-2.0
#include "wire/listener.hh"

#include <algorithm>

#include "wire/endpoint_bytes.hh"

namespace nsrun::wire {

std::vector<std::byte> encode_listeners(std::span<const Listener> listeners) {
  const auto kept = listeners.first(std::min(listeners.size(), kMaxListeners));
  std::vector<std::byte> space(kept.size() * (1 + kEndpointBytes));
  base::ByteWriter writer(space);
  for (const Listener& each : kept) {
    writer.write_u8(static_cast<uint8_t>(each.transport));
    write_endpoint(writer, each.local);
  }
  return space;
}

std::optional<std::vector<Listener>> decode_listeners(base::Bytes bytes) {
  std::vector<Listener> listeners;
  base::ByteReader reader(bytes);
  while (!reader.rest().empty()) {
    const auto transport = to_transport(reader.read_u8());
    const Endpoint local = read_endpoint(reader);
    if (!reader.ok() || !transport) return std::nullopt;
    listeners.push_back({*transport, local});
  }
  return listeners;
}

}  // namespace nsrun::wire
