// SPDX-License-Identifier: Apache-2.0
//
// One run of netns-run from the checked options to the exit status: starts the guest and the
// helper, introduces them, lets the command start when every port is bound, passes signals and
// stops on, has a helper that died followed by another, and
// leaves nothing behind. Prints nothing but warnings.
#pragma once

#include <exception>
#include <optional>
#include <vector>

#include "launcher/caller_state.hh"
#include "launcher/guest.hh"
#include "launcher/helper_keeper.hh"
#include "launcher/options.hh"
#include "os/signals.hh"

namespace nsrun::launcher {

// A signal ended the set-up before the command had started, or Ctrl-C ended the command.
class Interrupted final : public std::exception {
 public:
  explicit Interrupted(int signal) noexcept : signal_(signal) {}
  const char* what() const noexcept override { return "interrupted"; }
  int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

class Supervisor {
 public:
  Supervisor(const Options& options, const CallerState& caller);

  // The exit status of netns-run. Throws Interrupted, and base::Failure or SystemError when the
  // command could not be started.
  int run();

 private:
  void wait_for(base::FdView fd);
  base::Fd receive_tap();
  void wait_until_helper_is_ready();
  void supervise();
  void reap_helpers_orphans() noexcept;
  void take_guest_message();
  void take_signals();
  int finish();

  bool shares_pid_;
  std::vector<pid_t> spared_;  // children that are not the command's
  // Before all processes, so that no signal is lost between them.
  os::SignalQueue signals_;
  Guest guest_;
  HelperKeeper helper_;
  bool channel_is_open_ = true;
  int served_stops_ = 0;  // kStopped messages taken
  bool has_seen_ctrl_c_ = false;
  int killed_by_ = 0;  // the signal that ended the command
};

}  // namespace nsrun::launcher
