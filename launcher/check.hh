// SPDX-License-Identifier: Apache-2.0
//
// netns-run --check: every precondition, one line each, with what mends it.
#pragma once

#include <string>
#include <vector>

#include "launcher/finding.hh"

namespace nsrun::launcher {

// "ok       user namespaces", "missing  ...: ...", "not ok   ...: ...".
std::string to_line(const Finding& finding);

// Prints all findings, and at last how a command fares. Status 0 when netns-run works here, else 1.
int run_check();

}  // namespace nsrun::launcher
