// SPDX-License-Identifier: Apache-2.0
//
// Sockets of the host side, for tests: on its loopback only, blocking, with a limit to the
// patience.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hh"
#include "base/fd.hh"
#include "wire/address.hh"

namespace nsrun::test {

class HostSocket {
 public:
  // Bound to `address` and, unless told, a port that the kernel chooses; listening when it is TCP.
  static HostSocket bound(wire::Transport transport,
                          const wire::IpAddress& address = wire::kLoopbackV4, uint16_t port = 0) {
    HostSocket result(transport, address.is_v4());
    const auto [storage, length] = to_sockaddr({address, port});
    base::check("bind", ::bind(result.number(), as_sockaddr(storage), length));
    if (transport == wire::Transport::kTcp) base::check("listen", ::listen(result.number(), 16));
    return result;
  }
  static HostSocket connected(wire::Transport transport, const wire::Endpoint& to) {
    HostSocket result(transport, to.address.is_v4());
    const auto [storage, length] = to_sockaddr(to);
    base::check("connect", ::connect(result.number(), as_sockaddr(storage), length));
    return result;
  }

  static HostSocket adopted(base::Fd fd) { return HostSocket(std::move(fd)); }

  int number() const { return fd_.number(); }
  uint16_t port() const {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    base::check("getsockname",
                ::getsockname(number(), reinterpret_cast<sockaddr*>(&storage), &length));
    return port_of(storage);
  }

  HostSocket accepts() const {
    HostSocket result(base::Fd(base::check("accept", ::accept(number(), nullptr, nullptr))));
    result.limit_patience();
    return result;
  }
  void sends(std::string_view text) const {
    base::check("send", ::send(number(), text.data(), text.size(), MSG_NOSIGNAL));
  }
  // "" at the end of the stream.
  std::string receives() const {
    std::string text(70'000, '\0');
    text.resize(
        static_cast<size_t>(base::check("receive", ::recv(number(), text.data(), text.size(), 0))));
    return text;
  }
  // Of a UDP socket: answers the next datagram with what `answer` makes of it.
  template <typename Function>
  void answers(Function answer) const {
    std::string text(70'000, '\0');
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    text.resize(static_cast<size_t>(
        base::check("receive", ::recvfrom(number(), text.data(), text.size(), 0,
                                          reinterpret_cast<sockaddr*>(&from), &length))));
    text = answer(std::move(text));
    base::check("answer", ::sendto(number(), text.data(), text.size(), 0,
                                   reinterpret_cast<const sockaddr*>(&from), length));
  }
  void closes() { fd_.close(); }

 private:
  explicit HostSocket(base::Fd fd) : fd_(std::move(fd)) {}
  HostSocket(wire::Transport transport, bool is_v4)
      : fd_(base::check(
            "make a socket",
            ::socket(is_v4 ? AF_INET : AF_INET6,
                     (transport == wire::Transport::kTcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC,
                     0))) {
    limit_patience();
  }

  void limit_patience() const {
    const timeval limit{10, 0};
    ::setsockopt(number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(number(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  static const sockaddr* as_sockaddr(const sockaddr_storage& storage) {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
  static std::pair<sockaddr_storage, socklen_t> to_sockaddr(const wire::Endpoint& endpoint) {
    sockaddr_storage storage{};
    if (endpoint.address.is_v4()) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(endpoint.port);
      v4.sin_addr.s_addr = htonl(endpoint.address.v4_value());
      std::memcpy(&storage, &v4, sizeof v4);
      return {storage, sizeof v4};
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.address.octets().data(), 16);
    std::memcpy(&storage, &v6, sizeof v6);
    return {storage, sizeof v6};
  }
  static uint16_t port_of(const sockaddr_storage& storage) {
    // sin_port and sin6_port are at one place.
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return ntohs(v4.sin_port);
  }

  base::Fd fd_;
};

}  // namespace nsrun::test
