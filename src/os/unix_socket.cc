// SPDX-License-Identifier: Apache-2.0
#include "os/unix_socket.hh"

#include <cerrno>

#include "base/unix_address.hh"

namespace nsrun::os {

ConnectAttempt connect_to_path(const std::string& path) noexcept {
  const auto address = base::UnixAddress::of_path(path);
  if (!address) return {.socket = {}, .error = ENAMETOOLONG};
  base::Fd made(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.is_open()) return {.socket = {}, .error = errno};
  if (connect(made.number(), address->get(), address->length()) < 0) {
    return {.socket = {}, .error = errno};
  }
  return {.socket = std::move(made), .error = 0};
}

}  // namespace nsrun::os
