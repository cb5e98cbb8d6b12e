// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace nsrun::launcher {

// A shell in the guest makes a process group of its own the terminal's foreground; when it has
// ended, nobody can read from the terminal. This gives the terminal to our process group, but only
// from a group in which no process is left: a shell that put us into the background keeps it.
// SIGTTOU must be blocked.
void take_terminal_from_the_dead() noexcept;

}  // namespace nsrun::launcher
