// SPDX-License-Identifier: Apache-2.0
#include "control/control_socket.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hh"
#include "nsrun/instance.hh"
#include "os/fd_passing.hh"

namespace nsrun::control {
namespace {

constexpr int kBacklog = 64;
constexpr int kMostNames = 100;

// Not open when the name is taken.
base::Fd listen_as(std::string_view instance_name) {
  const std::string attempted = fmt::format("listen for netns-ctl as \"{}\"", instance_name);
  base::Fd socket(
      base::check(attempted, ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  const base::UnixAddress address = control_socket_address(geteuid(), instance_name);
  if (bind(socket.number(), address.get(), address.length()) != 0) {
    if (errno == EADDRINUSE) return {};
    base::throw_errno(attempted);
  }
  base::check(attempted, listen(socket.number(), kBacklog));
  return socket;
}

// Anybody may take an abstract name. Never waits.
bool is_another_users(std::string_view instance_name) {
  const base::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const base::UnixAddress address = control_socket_address(geteuid(), instance_name);
  return probe.is_open() && connect(probe.number(), address.get(), address.length()) == 0 &&
         os::peer_of(probe).uid != geteuid();
}

}  // namespace

ControlSocket::ControlSocket(std::string_view instance_name)
    : socket_(listen_as(instance_name)), instance_name_(instance_name) {
  if (socket_.is_open()) return;
  if (is_another_users(instance_name)) {
    throw base::Failure(
        fmt::format("the name \"{}\" is taken by a process of another user: choose another --name",
                    instance_name));
  }
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
