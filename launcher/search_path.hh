// SPDX-License-Identifier: Apache-2.0
//
// PATH as shells read it. execvp(3) alone would answer "Permission denied" for a program that is
// nowhere, as soon as one directory of PATH may not be entered.
#pragma once

#include <string>

namespace nsrun::launcher {

// `program` itself when it holds a slash. Else the first executable file of that name in PATH;
// failing that the first file, for the error that exec gives; "" when there is none.
std::string find_program(const std::string& program);

bool is_executable_file(const std::string& path) noexcept;

}  // namespace nsrun::launcher
