// SPDX-License-Identifier: Apache-2.0
#include "os/socket_address.hh"

#include <netinet/in.h>

#include <cstring>

namespace nsrun::os {

SocketAddress SocketAddress::from(const wire::Endpoint& endpoint, uint32_t scope) noexcept {
  SocketAddress address;
  const base::Bytes bytes = endpoint.address.header_bytes();
  if (endpoint.address.is_v4()) {
    auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(endpoint.port);
    std::memcpy(&in->sin_addr, bytes.data(), bytes.size());
    address.length = sizeof *in;
  } else {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(endpoint.port);
    in6->sin6_scope_id = scope;
    std::memcpy(&in6->sin6_addr, bytes.data(), bytes.size());
    address.length = sizeof *in6;
  }
  return address;
}

wire::Endpoint SocketAddress::to_endpoint() const noexcept {
  if (storage.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&storage);
    return {wire::IpAddress::from_bytes(base::bytes_of(in->sin_addr)), ntohs(in->sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    return {wire::IpAddress::from_bytes(base::bytes_of(in6->sin6_addr)), ntohs(in6->sin6_port)};
  }
  return {};
}

uint32_t SocketAddress::interface() const noexcept {
  if (storage.ss_family != AF_INET6) return 0;
  return reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_scope_id;
}

}  // namespace nsrun::os
