// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <csignal>

namespace nsrun::launcher {

// A shell in the guest makes a process group of its own the terminal's foreground; when it has
// ended, nobody can read from the terminal. This gives the terminal to our process group, but only
// from a group in which no process is left: a shell that put us into the background keeps it.
// SIGTTOU must be blocked.
void take_terminal_from_the_dead() noexcept;

// A shell in the guest notes the process group that it is started in, and gives the terminal back
// to it. In a PID namespace, a group from outside has the number 0, which the kernel does not take:
// dash ends with "Cannot set tty process group". So a command has a group of its own, as a shell
// gives one to a job, where nobody else is in ours and would lose the terminal by that: we lead the
// group, it is in front, and neither standard input nor output leads to another program.
bool may_give_terminal_away() noexcept;

// In the process of the command: a group of its own, in front. SIGTTOU must be blocked.
void take_terminal_in_own_group() noexcept;

// Whether keys go to our group: a shell has put us there.
bool is_in_front() noexcept;

// Gives the terminal to the group of `process`. SIGTTOU must be blocked.
void give_terminal_to(pid_t process) noexcept;

// Ctrl-Z stops all processes of a group; this continues those of the group of `process`, and of our
// own group only `process`.
void continue_group_of(pid_t process) noexcept;

// What stops a process that uses the terminal from behind.
constexpr bool asks_for_terminal(int signal) noexcept {
  return signal == SIGTTIN || signal == SIGTTOU;
}

// Stops as the command did, by a signal that is blocked: the shell that waits for us shall see the
// same. Comes back when the process is continued: true; or false at once where no shell could do
// that and the kernel therefore does not stop it (an orphaned process group, setpgid(2)).
bool stop_this_process(int signal) noexcept;

}  // namespace nsrun::launcher
