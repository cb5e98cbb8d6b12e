// SPDX-License-Identifier: Apache-2.0
#include "idle_connections.hh"

#include <fmt/format.h>
#include <sys/socket.h>

#include "base/error.hh"
#include "sockets.hh"

namespace nsrun::bench {
namespace {

base::Fd open_proven_connection(const sockaddr_in& server) {
  base::Fd connection = connect_tcp(server, Blocking::kYes);
  set_receive_timeout(connection, std::chrono::seconds(5));
  char byte = '!';
  base::check("send a byte", ::send(connection.number(), &byte, 1, MSG_NOSIGNAL));
  const ssize_t size = base::check("receive the answer", ::recv(connection.number(), &byte, 1, 0));
  if (size == 0) throw base::Failure("closed by the far side");
  return connection;
}

}  // namespace

std::vector<base::Fd> open_idle_connections(const sockaddr_in& server, unsigned count) {
  std::vector<base::Fd> connections;
  connections.reserve(count);
  while (connections.size() < count) {
    try {
      connections.push_back(open_proven_connection(server));
    } catch (const std::exception& error) {
      throw base::Failure(
          fmt::format("connection {} of {}: {}", connections.size() + 1, count, error.what()));
    }
  }
  return connections;
}

}  // namespace nsrun::bench
