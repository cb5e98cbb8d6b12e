// SPDX-License-Identifier: Apache-2.0
//
// --netns without a command: keeps somebody else's network namespace online until a signal asks to
// end, or its owner has done with it. The counterpart of Supervisor, without init and command.
#pragma once

#include "launcher/background.hh"
#include "launcher/caller_state.hh"
#include "launcher/helper_keeper.hh"
#include "launcher/join_target.hh"
#include "launcher/options.hh"
#include "os/signals.hh"

namespace nsrun::launcher {

class Connection {
 public:
  // `options`, `caller` and `sockets`, which are to be published, must outlive this object.
  Connection(const Options& options, const CallerState& caller, os::PassedSockets& sockets,
             JoinTarget target);

  // The exit status of netns-run. Throws Interrupted during set-up, base::Failure and SystemError.
  // `notify_socket`: who is told that the network is ready, see readiness.hh.
  int run(Background& background, const std::string& notify_socket);

 private:
  void serve_once();
  void take_signals();

  const Options& options_;
  os::SignalQueue signals_;
  JoinTarget target_;
  HelperKeeper helper_;
  bool is_wanted_ = true;
};

}  // namespace nsrun::launcher
