// SPDX-License-Identifier: Apache-2.0
#include "control/control_socket.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/error.hh"
#include "nsrun/instance.hh"

namespace nsrun::control {
namespace {

constexpr int kBacklog = 64;
constexpr int kMostNames = 100;

// Not open when the name is taken.
base::Fd listen_as(std::string_view instance_name) {
  const std::string attempted = fmt::format("listen for netns-ctl as \"{}\"", instance_name);
  base::Fd socket(
      base::check(attempted, ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  const std::string name = control_socket_name(geteuid(), instance_name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    if (errno == EADDRINUSE) return {};
    base::throw_errno(attempted);
  }
  base::check(attempted, listen(socket.number(), kBacklog));
  return socket;
}

}  // namespace

ControlSocket::ControlSocket(std::string_view instance_name)
    : socket_(listen_as(instance_name)), instance_name_(instance_name) {
  if (socket_.is_open()) return;
  throw base::Failure(
      fmt::format("the name \"{0}\" is taken by another running netns-run: choose another --name, "
                  "\"netns-ctl ps\" lists those that run",
                  instance_name));
}

ControlSocket ControlSocket::with_free_name(pid_t launcher) {
  for (int number = 1; number <= kMostNames; ++number) {
    std::string name =
        number == 1 ? fmt::format("run-{}", launcher) : fmt::format("run-{}-{}", launcher, number);
    base::Fd socket = listen_as(name);
    if (socket.is_open()) return {std::move(socket), std::move(name)};
  }
  throw base::Failure(
      fmt::format("the names run-{0} to run-{0}-{1} are taken", launcher, kMostNames));
}

}  // namespace nsrun::control
