// SPDX-License-Identifier: Apache-2.0
//
// One run of netns-run from the checked options to the exit status: starts the guest and the
// helper, introduces them, lets the command start when every port is bound, passes signals and
// stops on, has a helper that died followed by another, and
// leaves nothing behind. Prints nothing but warnings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/background.hh"
#include "launcher/caller_state.hh"
#include "launcher/entrance.hh"
#include "launcher/guest.hh"
#include "launcher/helper_keeper.hh"
#include "launcher/join_target.hh"
#include "launcher/limited_group.hh"
#include "launcher/options.hh"
#include "os/signals.hh"

namespace nsrun::launcher {

class Supervisor {
 public:
  // `sockets`: to be published. `target`: the network namespace to join, or nullptr for a new one.
  // All must outlive this object.
  Supervisor(const Options& options, const CallerState& caller, os::PassedSockets& sockets,
             const JoinTarget* target, Background& background);

  // The exit status of netns-run. Throws Interrupted, and base::Failure or SystemError when the
  // command could not be started.
  // `notify_socket`: who is told that the network is ready, see readiness.hh.
  int run(const std::string& notify_socket);

 private:
  os::Tap receive_tap();
  void supervise();
  void reap_helpers_orphans() noexcept;
  void take_guest_message();
  void open_entrance(InitMessage& offer);
  void take_signals();
  void follow_stop(int signal);
  void continue_command();
  int finish();

  const Options& options_;
  const JoinTarget* target_;
  Background& background_;
  std::vector<pid_t> spared_;  // children that are not the command's
  // Before all processes, so that no signal is lost between them.
  os::SignalQueue signals_;
  std::optional<LimitedGroup> limited_;  // outlives its processes
  Guest guest_;
  HelperKeeper helper_;
  std::optional<Entrance> entrance_;
  bool channel_is_open_ = true;
  int served_stops_ = 0;  // kStopped messages taken
  // The command has a process group of its own, and with it the terminal.
  bool gave_terminal_away_ = false;
  bool has_seen_ctrl_c_ = false;
  int killed_by_ = 0;  // the signal that ended the command
};

}  // namespace nsrun::launcher
