// SPDX-License-Identifier: Apache-2.0
#include "helper/bess_peer.hh"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/error.hh"
#include "control/path_socket.hh"

namespace nsrun::helper {
namespace {

void wait_for_peer(base::FdView listener, base::FdView exit) {
  std::array entries{pollfd{listener.number(), POLLIN, 0}, pollfd{exit.number(), 0, 0}};
  while (::poll(entries.data(), entries.size(), -1) < 0) {
    if (errno != EINTR) base::throw_errno("wait for the virtual machine");
  }
  if (entries[1].revents != 0) {
    throw base::Failure("the exit descriptor was closed before a virtual machine connected");
  }
}

}  // namespace

os::Tap accept_bess_peer(const std::string& path, base::FdView exit) {
  const control::PathSocket listener(path, SOCK_SEQPACKET, "bess socket");
  wait_for_peer(listener.fd(), exit);
  return {base::Fd(base::check(
              "accept the virtual machine",
              ::accept4(listener.fd().number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK))),
          {}};
}

}  // namespace nsrun::helper
