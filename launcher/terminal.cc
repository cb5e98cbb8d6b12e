// SPDX-License-Identifier: Apache-2.0
#include "launcher/terminal.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/fd.hh"

namespace nsrun::launcher {

void take_terminal_from_the_dead() noexcept {
  const base::Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!terminal.is_open()) return;
  const pid_t foreground = ::tcgetpgrp(terminal.number());
  // At most 1 is no group that kill(2) could be asked about.
  if (foreground <= 1 || foreground == ::getpgrp()) return;
  const bool is_empty = ::kill(-foreground, 0) < 0 && errno == ESRCH;
  if (is_empty) ::tcsetpgrp(terminal.number(), ::getpgrp());
}

void stop_this_process(int signal) noexcept {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::sigprocmask(SIG_BLOCK, &only, nullptr);
}

}  // namespace nsrun::launcher
