// SPDX-License-Identifier: Apache-2.0
//
// Another program's output, for questions that only that program answers.
#pragma once

#include <string>
#include <vector>

namespace nsrun::launcher {

struct ProgramOutput {
  int status = 0;    // as shells say it; 127 when it could not be executed
  std::string text;  // standard output and standard error
};

// Runs `file` to its end, with nothing to read. `arguments` without the program's name. Throws
// SystemError.
ProgramOutput output_of(const std::string& file, std::vector<std::string> arguments);

}  // namespace nsrun::launcher
