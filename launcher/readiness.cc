// SPDX-License-Identifier: Apache-2.0
#include "launcher/readiness.hh"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>

#include "base/error.hh"
#include "base/fd.hh"
#include "base/log.hh"
#include "base/unix_address.hh"

namespace nsrun::launcher {
namespace {

constexpr const char* kVariable = "NOTIFY_SOCKET";

// sd_notify(3)
std::optional<base::UnixAddress> address_of(std::string_view notify_socket) {
  if (notify_socket.starts_with('/')) return base::UnixAddress::of_path(notify_socket);
  if (notify_socket.starts_with('@'))
    return base::UnixAddress::of_abstract(notify_socket.substr(1));
  return std::nullopt;
}

void send_to(const std::string& notify_socket, const std::string& message) {
  const auto address = address_of(notify_socket);
  if (!address) {
    throw base::Failure(
        fmt::format("{} \"{}\": expected a path or @name", kVariable, notify_socket));
  }
  const base::Fd socket(
      base::check("create a socket", ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  base::check(fmt::format("tell {} \"{}\"", kVariable, notify_socket),
              ::sendto(socket.number(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                       address->get(), address->length()));
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
    base::log::warning("cannot report that all is ready: {}", error.what());
  }
}

}  // namespace nsrun::launcher
