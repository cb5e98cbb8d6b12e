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

bool may_give_terminal_away() noexcept {
  const pid_t group = ::getpgrp();
  // tcgetpgrp(3) fails for what is not the controlling terminal.
  return group == ::getpid() && ::tcgetpgrp(STDIN_FILENO) == group &&
         ::tcgetpgrp(STDOUT_FILENO) == group;
}

void take_terminal_in_own_group() noexcept {
  ::setpgid(0, 0);
  ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
}

bool is_in_front() noexcept { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

void give_terminal_to(pid_t process) noexcept { ::tcsetpgrp(STDIN_FILENO, ::getpgid(process)); }

void continue_group_of(pid_t process) noexcept {
  const pid_t group = ::getpgid(process);
  const bool is_known_and_not_ours = group > 1 && group != ::getpgrp();
  ::kill(is_known_and_not_ours ? -group : process, SIGCONT);
}

bool stop_this_process(int signal) noexcept {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::sigprocmask(SIG_BLOCK, &only, nullptr);
  // Whatever continued us waits to be read: SIGCONT is blocked, and a stop discards earlier ones.
  ::sigpending(&only);
  return ::sigismember(&only, SIGCONT) == 1;
}

}  // namespace nsrun::launcher
