// SPDX-License-Identifier: Apache-2.0
//
// Our addresses as system calls take and give them.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "wire/address.hh"

namespace nsrun::os {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  // `scope`: the interface, where an IPv6 address is link-local (ipv6(7)).
  static SocketAddress from(const wire::Endpoint& endpoint, uint32_t scope = 0) noexcept;
  wire::Endpoint to_endpoint() const noexcept;
  // The scope of a link-local IPv6 address, else 0.
  uint32_t interface() const noexcept;
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

}  // namespace nsrun::os
