// SPDX-License-Identifier: Apache-2.0
//
// What netns-run changes about itself and the command must find unchanged.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <ctime>

namespace nsrun::launcher {

struct CallerState {
  pid_t pid = -1;      // netns-run's own
  time_t started = 0;  // since 1970
  sigset_t signal_mask{};
  struct sigaction child_action {};  // of SIGCHLD
};

// Also gives SIGCHLD its default action: with an inherited SIG_IGN nobody could be waited for.
CallerState save_caller_state() noexcept;

// In a process that becomes another program.
void restore_signals(const CallerState& state) noexcept;

// Sockets that a service manager passed (sd_listen_fds(3)) are meant for the process that it
// started, by number: from now on for the calling one.
void inherit_passed_sockets(const CallerState& state);

}  // namespace nsrun::launcher
