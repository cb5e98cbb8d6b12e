// SPDX-License-Identifier: Apache-2.0
#include "os/unix_socket.hh"

#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace nsrun::os {

ConnectAttempt connect_to_path(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {.socket = {}, .error = ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  base::Fd made(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.is_open()) return {.socket = {}, .error = errno};
  if (connect(made.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return {.socket = {}, .error = errno};
  }
  return {.socket = std::move(made), .error = 0};
}

}  // namespace nsrun::os
