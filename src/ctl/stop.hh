// SPDX-License-Identifier: Apache-2.0
//
// The end of a running instance, on request.
#pragma once

#include <chrono>
#include <string>

namespace nsrun::ctl {

// Sends SIGTERM to netns-run, which passes it to its command, and waits for the end of the
// instance. After `patience` SIGKILL, which ends the command, all that it has started, and the
// helper. Whether that was needed. Throws like processes_of(), and base::Failure where even that
// ends nothing.
bool stop(const std::string& instance, std::chrono::seconds patience);

}  // namespace nsrun::ctl
