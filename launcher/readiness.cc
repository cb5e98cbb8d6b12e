// SPDX-License-Identifier: Apache-2.0
#include "launcher/readiness.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/log.hh"

namespace nsrun::launcher {
namespace {

constexpr const char* kVariable = "NOTIFY_SOCKET";

void send_to(const std::string& notify_socket, const std::string& message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool is_known = notify_socket.size() > 1 &&
                        notify_socket.size() < sizeof address.sun_path &&
                        (notify_socket.front() == '/' || notify_socket.front() == '@');
  if (!is_known) {
    throw base::Failure(
        fmt::format("{} \"{}\": expected a path or @name", kVariable, notify_socket));
  }
  std::ranges::copy(notify_socket, address.sun_path);
  if (notify_socket.front() == '@') address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + notify_socket.size());
  const base::Fd socket(
      base::check("create a socket", ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  base::check(fmt::format("tell {} \"{}\"", kVariable, notify_socket),
              ::sendto(socket.number(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                       reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace

std::string take_notify_socket(const Options& options) {
  const char* value = std::getenv(kVariable);
  if (value == nullptr || options.command_notifies) return "";
  std::string socket = value;
  ::unsetenv(kVariable);
  return socket;
}

void say_ready(const std::string& notify_socket, size_t forward_count) noexcept {
  if (notify_socket.empty()) return;
  try {
    send_to(notify_socket, fmt::format("READY=1\nSTATUS=online, forwards: {}", forward_count));
  } catch (const std::exception& error) {
    base::log::warning("cannot say that all is ready: {}", error.what());
  }
}

}  // namespace nsrun::launcher
