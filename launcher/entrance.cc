// SPDX-License-Identifier: Apache-2.0
#include "launcher/entrance.hh"

#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <span>

#include "base/error.hh"
#include "nsrun/instance.hh"
#include "os/fd_passing.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

constexpr int kBacklog = 64;
constexpr const char* kAttempted = "listen for netns-ctl exec";

base::Fd listen_as(pid_t launcher) {
  base::Fd socket(
      base::check(kAttempted, ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  const base::UnixAddress address = entrance_address(::geteuid(), launcher);
  base::check(kAttempted, ::bind(socket.number(), address.get(), address.length()));
  base::check(kAttempted, ::listen(socket.number(), kBacklog));
  return socket;
}

}  // namespace

Entrance::Entrance(std::string terms, std::vector<base::Fd> namespaces, Preparation prepare)
    : terms_(std::move(terms)),
      handed_over_(std::move(namespaces)),
      prepare_(std::move(prepare)),
      socket_(listen_as(::getpid())) {
  handed_over_.insert(handed_over_.begin(), os::open_pidfd(::getpid()));
}

void Entrance::serve() noexcept {
  try {
    const base::Fd client(
        ::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client.is_open()) answer(client);
  } catch (const base::SystemError&) {
    // It has gone, or the host is short of something. It sees the end.
  }
}

void Entrance::answer(base::FdView client) {
  const ucred peer = os::peer_of(client);
  if (peer.uid != ::geteuid()) return;
  try {
    prepare_(peer.pid);
  } catch (const std::exception& error) {
    const std::string reason = error.what();
    return os::send_message(client, std::as_bytes(std::span(reason)));
  }
  const std::vector<base::FdView> fds(handed_over_.begin(), handed_over_.end());
  os::send_message(client, std::as_bytes(std::span(terms_)), fds);
}

}  // namespace nsrun::launcher
