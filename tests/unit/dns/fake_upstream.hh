// SPDX-License-Identifier: Apache-2.0
//
// A name server for tests: a UDP socket on a loopback address. It answers only what the test tells
// it to, and never waits.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <vector>

#include "base/bytes.hh"
#include "base/error.hh"
#include "base/fd.hh"
#include "wire/address.hh"

namespace nsrun::dns {

using Message = std::vector<std::byte>;

class FakeUpstream {
 public:
  struct Query {
    Message message;
    sockaddr_in6 from;  // room for both families
    socklen_t from_bytes;

    uint16_t port() const { return ntohs(from.sin6_port); }  // at the same place in sockaddr_in
    uint16_t id() const { return base::load_big_endian<uint16_t>(message.data()); }
  };

  // Port 0: the kernel chooses one.
  explicit FakeUpstream(const wire::IpAddress& address, uint16_t port = 0)
      : socket_(base::check("make a test socket",
                            ::socket(address.is_v4() ? AF_INET : AF_INET6,
                                     SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))) {
    sockaddr_in6 name{};
    socklen_t name_bytes = sizeof name;
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(port);
    std::memcpy(&name.sin6_addr, address.octets().data(), 16);
    if (address.is_v4()) {
      sockaddr_in v4{};
      name_bytes = sizeof v4;
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      v4.sin_addr.s_addr = htonl(address.v4_value());
      std::memcpy(&name, &v4, sizeof v4);
    }
    base::check("bind a test socket",
                ::bind(socket_.number(), reinterpret_cast<sockaddr*>(&name), name_bytes));
    ::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&name), &name_bytes);
    port_ = ntohs(name.sin6_port);
  }

  uint16_t port() const { return port_; }

  // The next query that has arrived; on loopback that is as soon as it was sent.
  std::optional<Query> take() {
    Query query{Message(65535), {}, sizeof(sockaddr_in6)};
    const ssize_t length =
        ::recvfrom(socket_.number(), query.message.data(), query.message.size(), 0,
                   reinterpret_cast<sockaddr*>(&query.from), &query.from_bytes);
    if (length < 0) return std::nullopt;
    query.message.resize(static_cast<size_t>(length));
    return query;
  }

  void send(const Query& to, base::Bytes message) {
    base::check("send from a test socket",
                ::sendto(socket_.number(), message.data(), message.size(), 0,
                         reinterpret_cast<const sockaddr*>(&to.from), to.from_bytes));
  }

 private:
  base::Fd socket_;
  uint16_t port_ = 0;
};

}  // namespace nsrun::dns
