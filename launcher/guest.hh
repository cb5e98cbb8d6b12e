// SPDX-License-Identifier: Apache-2.0
//
// The guest side as netns-run sees it: the process init in its namespaces, and the channel to it.
#pragma once

#include "launcher/background.hh"
#include "launcher/caller_state.hh"
#include "launcher/init_channel.hh"
#include "launcher/join_target.hh"
#include "launcher/options.hh"
#include "os/passed_sockets.hh"
#include "os/process.hh"

namespace nsrun::launcher {

class Guest {
 public:
  // Makes the namespaces with init in them, which then waits for nothing but its work; with a
  // `target` all but the network's, below the user namespace that owns that. `sockets` are closed
  // in init, since they belong to the host's network. `options` must outlive the call only. Throws
  // base::Failure with the cause and the mend when the host forbids namespaces.
  static Guest start(const Options& options, const CallerState& caller, os::PassedSockets& sockets,
                     const JoinTarget* target, Background& background);

  base::FdView channel() const noexcept { return channel_; }
  pid_t pid() const noexcept { return init_.pid(); }
  base::FdView pidfd() const noexcept { return init_.pidfd(); }
  void send(const InitMessage& message) { send_to_init_channel(channel_, message); }
  // Like send(), for an init that may have ended meanwhile.
  void send_if_it_lives(const InitMessage& message);
  os::Ending wait() { return init_.wait(); }

 private:
  Guest(os::Child init, base::Fd channel) : init_(std::move(init)), channel_(std::move(channel)) {}

  os::Child init_;
  base::Fd channel_;
};

}  // namespace nsrun::launcher
