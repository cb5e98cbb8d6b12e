// SPDX-License-Identifier: Apache-2.0
//
// What the programs say alike of a command line that CLI11 refuses.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace nsrun {

// CLI11 knows the option but not our words.
std::string describe(const CLI::ParseError& error);

}  // namespace nsrun
