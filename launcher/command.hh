// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "launcher/background.hh"
#include "launcher/caller_state.hh"
#include "launcher/options.hh"

namespace nsrun::launcher {

// For a program that could not be executed.
int status_of_failed_exec(int error_number) noexcept;

// Executes the program of `command` as found in PATH. Comes back only on failure, with errno.
int execute(const std::vector<std::string>& command);
// Says that, and returns the exit status.
int complain_of_exec(const std::vector<std::string>& command, int error_number);

// Turns the calling process into the command, with the rights that `options` say and the caller's
// signal state. Comes back only on failure, with the exit status; the message is out, and
// `background` knows.
int become_command(const Options& options, const CallerState& caller, Background& background);

}  // namespace nsrun::launcher
