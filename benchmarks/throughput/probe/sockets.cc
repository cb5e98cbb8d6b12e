// SPDX-License-Identifier: Apache-2.0
#include "sockets.hh"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/error.hh"

namespace nsrun::bench {
namespace {

base::Fd open_socket(int type) {
  return base::Fd(base::check("create a socket", ::socket(AF_INET, type | SOCK_CLOEXEC, 0)));
}

void enable(base::FdView socket, int level, int option) {
  const int on = 1;
  base::check("set a socket option", ::setsockopt(socket.number(), level, option, &on, sizeof(on)));
}

void bind_any(base::FdView socket, uint16_t port) {
  const sockaddr_in any = ipv4_endpoint("0.0.0.0", port);
  base::check("bind port " + std::to_string(port),
              ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)));
}

int start_connect(base::FdView socket, const sockaddr_in& server) {
  return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&server), sizeof(server));
}

}  // namespace

sockaddr_in ipv4_endpoint(const std::string& address, uint16_t port) {
  sockaddr_in endpoint{};
  endpoint.sin_family = AF_INET;
  endpoint.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &endpoint.sin_addr) != 1) {
    throw base::Failure("not an IPv4 address: " + address);
  }
  return endpoint;
}

base::Fd listen_tcp(uint16_t port) {
  base::Fd socket = open_socket(SOCK_STREAM | SOCK_NONBLOCK);
  enable(socket, SOL_SOCKET, SO_REUSEADDR);
  bind_any(socket, port);
  base::check("listen", ::listen(socket.number(), SOMAXCONN));
  return socket;
}

base::Fd bind_udp(uint16_t port) {
  base::Fd socket = open_socket(SOCK_DGRAM | SOCK_NONBLOCK);
  bind_any(socket, port);
  return socket;
}

base::Fd connect_tcp(const sockaddr_in& server, Blocking blocking) {
  base::Fd socket =
      open_socket(blocking == Blocking::kYes ? SOCK_STREAM : SOCK_STREAM | SOCK_NONBLOCK);
  enable(socket, IPPROTO_TCP, TCP_NODELAY);
  if (start_connect(socket, server) < 0 && errno != EINPROGRESS) base::throw_errno("connect");
  return socket;
}

base::Fd connect_udp(const sockaddr_in& server) {
  base::Fd socket = open_socket(SOCK_DGRAM);
  base::check("connect", start_connect(socket, server));
  return socket;
}

void set_receive_timeout(base::FdView socket, std::chrono::milliseconds timeout) {
  timeval value{};
  value.tv_sec = timeout.count() / 1000;
  value.tv_usec = timeout.count() % 1000 * 1000;
  base::check("set a receive timeout",
              ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value)));
}

}  // namespace nsrun::bench
