// SPDX-License-Identifier: Apache-2.0
#include "slirp/socket_address.hh"

#include <arpa/inet.h>

#include <cstring>

namespace nsrun::slirp {

in_addr to_in_addr(const wire::IpAddress& address) noexcept {
  return in_addr{htonl(address.v4_value())};
}

in6_addr to_in6_addr(const wire::IpAddress& address) noexcept {
  in6_addr result;
  std::memcpy(&result, address.octets().data(), sizeof result);
  return result;
}

sockaddr_in to_sockaddr_in(const wire::Endpoint& endpoint) noexcept {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(endpoint.port);
  result.sin_addr = to_in_addr(endpoint.address);
  return result;
}

sockaddr_in6 to_sockaddr_in6(const wire::Endpoint& endpoint) noexcept {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(endpoint.port);
  result.sin6_addr = to_in6_addr(endpoint.address);
  return result;
}

SocketAddress::SocketAddress(const wire::Endpoint& endpoint) noexcept {
  if (endpoint.address.is_v4()) {
    const sockaddr_in address = to_sockaddr_in(endpoint);
    std::memcpy(&storage_, &address, sizeof address);
    length_ = sizeof address;
  } else {
    const sockaddr_in6 address = to_sockaddr_in6(endpoint);
    std::memcpy(&storage_, &address, sizeof address);
    length_ = sizeof address;
  }
}

}  // namespace nsrun::slirp
