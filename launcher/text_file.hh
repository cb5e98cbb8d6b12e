// SPDX-License-Identifier: Apache-2.0
//
// Small files as one piece of text.
#pragma once

#include <string>
#include <string_view>

namespace nsrun::launcher {

// "" when the file cannot be read: callers treat a missing file and an empty one alike.
std::string read_text(const std::string& path);

// Creates the file. Throws SystemError.
void write_text(const std::string& path, std::string_view text);

}  // namespace nsrun::launcher
