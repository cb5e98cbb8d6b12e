// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace nsrun::launcher {

// A shell in the guest makes a process group of its own the terminal's foreground; when it has
// ended, nobody can read from the terminal. This gives the terminal to our process group, but only
// from a group in which no process is left: a shell that put us into the background keeps it.
// SIGTTOU must be blocked.
void take_terminal_from_the_dead() noexcept;

// Stops as the command did, by a signal that is blocked: the shell that waits for us shall see the
// same. Comes back when the process is continued.
void stop_this_process(int signal) noexcept;

}  // namespace nsrun::launcher
