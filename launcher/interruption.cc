// SPDX-License-Identifier: Apache-2.0
#include "launcher/interruption.hh"

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.hh"

namespace nsrun::launcher {
namespace {

// nohup(1) ignores SIGHUP for its program, a shell SIGINT for its background jobs. A signalfd gets
// such signals as well.
bool is_ignored(int signal) noexcept {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

bool ends_this_program(int signal) noexcept {
  return (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT) &&
         !is_ignored(signal);
}

pollfd entry_for(base::FdView fd, bool is_wanted) noexcept {
  return {is_wanted ? fd.number() : -1, POLLIN, 0};
}

void wait_for_any(std::span<pollfd> entries, int milliseconds) {
  if (::poll(entries.data(), entries.size(), milliseconds) < 0 && errno != EINTR) {
    base::throw_errno("wait for events");
  }
}

void wait_for(base::FdView fd, os::SignalQueue& signals) {
  for (;;) {
    std::array entries{entry_for(fd), entry_for(signals.fd())};
    wait_for_any(entries);
    while (const auto info = signals.next()) {
      const int signal = static_cast<int>(info->ssi_signo);
      if (ends_this_program(signal)) throw Interrupted(signal);
    }
    if (entries[0].revents != 0) return;
  }
}

void wait_until_ready(HelperKeeper& helper, os::SignalQueue& signals) {
  for (;;) {
    wait_for(helper.socket(), signals);
    const auto answer = helper.take_first_answer();
    if (answer && !answer->is_ready) throw base::Failure(answer->reason);
    if (answer) return;
  }
}

}  // namespace nsrun::launcher
