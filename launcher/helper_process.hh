// SPDX-License-Identifier: Apache-2.0
//
// The network helper, netns-slirp, as a child of netns-run: in the host's namespaces and in a
// session of its own, so that no key of the terminal reaches it. It ends when our end of the socket
// closes, however that happens.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "launcher/caller_state.hh"
#include "launcher/options.hh"
#include "nsrun/handshake.hh"
#include "os/passed_sockets.hh"
#include "os/process.hh"

namespace nsrun::launcher {

// What `helper` is started with, given the number of its socket.
std::vector<std::string> helper_arguments(const std::string& helper, int socket_number,
                                          const Options& options);

class HelperProcess {
 public:
  static std::unique_ptr<HelperProcess> start(const Options& options, const CallerState& caller,
                                              const os::PassedSockets& sockets);
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;
  ~HelperProcess();

  base::FdView socket() const noexcept { return socket_; }
  pid_t pid() const noexcept { return child_.pid(); }
  base::FdView pidfd() const noexcept { return child_.pidfd(); }

  // Says hello with the TAP and, when this one follows a dead helper, with the memory file of its
  // forwards (os/memory_file.hh). Throws SystemError.
  void introduce(base::FdView tap, base::FdView inherited = {});
  // Once the socket is readable. nullopt: the other side is closed. The error says what is wrong
  // with a message.
  std::optional<base::Result<HelperMessage>> receive();
  // "killed by signal 9", "exit status 1". Once the pidfd is readable.
  std::string how_it_ended();

 private:
  HelperProcess(os::Child child, base::Fd socket)
      : child_(std::move(child)), socket_(std::move(socket)) {}

  os::Child child_;
  base::Fd socket_;
};

}  // namespace nsrun::launcher
