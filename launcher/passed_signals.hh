// SPDX-License-Identifier: Apache-2.0
//
// Which signals travel from netns-run to the command, and which of them the command has got
// already. Terminal keys and "kill -TERM -GROUP" reach every process of the group: netns-run, init
// and the command alike. A signal that init has just seen itself is therefore not passed on.
#pragma once

#include <array>
#include <csignal>
#include <cstdint>

#include "base/time.hh"

namespace nsrun::launcher {

inline constexpr std::array kPassedSignals{SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
                                           SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGWINCH};

// What the parent of the command reads: those, and the news of the command.
inline constexpr auto kSignalsOfParent = [] {
  std::array<int, kPassedSignals.size() + 1> signals{};
  for (size_t i = 0; i < kPassedSignals.size(); ++i) signals[i] = kPassedSignals[i];
  signals.back() = SIGCHLD;
  return signals;
}();

// Made by the kernel for a whole process group, from the terminal: Ctrl-C and the like. A hang-up
// is not among them, since the kernel sends it to the session's leader alone, which netns-run may
// be.
bool is_from_terminal(int signal, int32_t code) noexcept;

// Init's memory of what its process group got. It forgets soon: the group's members get a signal
// within one system call of the sender, and what comes much later is another signal.
class GroupSignals {
 public:
  void saw(int signal, base::Time now) noexcept;
  // Whether `signal` came to the group just now; forgets it.
  bool take(int signal, base::Time now) noexcept;

 private:
  std::array<base::Time, NSIG> seen_at_{};
};

}  // namespace nsrun::launcher
