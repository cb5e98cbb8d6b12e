// SPDX-License-Identifier: Apache-2.0
//
// Our addresses in the shapes that libslirp takes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "wire/address.hh"

namespace nsrun::slirp {

in_addr to_in_addr(const wire::IpAddress& address) noexcept;
in6_addr to_in6_addr(const wire::IpAddress& address) noexcept;
sockaddr_in to_sockaddr_in(const wire::Endpoint& endpoint) noexcept;
sockaddr_in6 to_sockaddr_in6(const wire::Endpoint& endpoint) noexcept;

// Of either family.
class SocketAddress {
 public:
  explicit SocketAddress(const wire::Endpoint& endpoint) noexcept;
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const noexcept { return length_; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_;
};

}  // namespace nsrun::slirp
