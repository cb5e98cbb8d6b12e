// SPDX-License-Identifier: Apache-2.0
//
// IPv4 sockets as the probes need them. Everything throws base::SystemError: a probe that cannot
// open its sockets has nothing to measure.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/fd.hh"

namespace nsrun::bench {

enum class Blocking : bool { kNo, kYes };

sockaddr_in ipv4_endpoint(const std::string& address, uint16_t port);

base::Fd listen_tcp(uint16_t port);
base::Fd bind_udp(uint16_t port);
// TCP_NODELAY is set. With Blocking::kNo the connection may still be on its way.
base::Fd connect_tcp(const sockaddr_in& server, Blocking blocking);
base::Fd connect_udp(const sockaddr_in& server);

void set_receive_timeout(base::FdView socket, std::chrono::milliseconds timeout);

}  // namespace nsrun::bench
