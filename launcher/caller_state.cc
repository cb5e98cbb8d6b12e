// SPDX-License-Identifier: Apache-2.0
#include "launcher/caller_state.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace nsrun::launcher {
CallerState save_caller_state() noexcept {
  CallerState state{.pid = ::getpid(), .started = std::time(nullptr)};
  ::sigprocmask(SIG_SETMASK, nullptr, &state.signal_mask);
  struct sigaction default_action {};
  default_action.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &default_action, &state.child_action);
  return state;
}

void restore_signals(const CallerState& state) noexcept {
  ::sigaction(SIGCHLD, &state.child_action, nullptr);
  ::sigprocmask(SIG_SETMASK, &state.signal_mask, nullptr);
}

void inherit_passed_sockets(const CallerState& state) {
  const char* meant_for = std::getenv("LISTEN_PID");
  if (meant_for == nullptr || meant_for != fmt::format("{}", state.pid)) return;
  ::setenv("LISTEN_PID", fmt::format("{}", ::getpid()).c_str(), 1);
  ::unsetenv("LISTEN_PIDFDID");  // newer systemd: the same process by its pidfd, and optional
}

}  // namespace nsrun::launcher
