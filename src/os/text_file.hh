// SPDX-License-Identifier: Apache-2.0
//
// Files as one piece of text. Reading waits for nobody: what is no regular file (a pipe that nobody
// writes to, a device) is refused. The files of proc(5) are regular.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace nsrun::os {

// The first `most` bytes. The error names the path. Throws nothing but std::bad_alloc.
base::Result<std::string> read_text(const std::string& path, size_t most = SIZE_MAX);

// The same, "" when it cannot be read: for callers who treat a missing file and an empty one alike.
std::string text_or_nothing(const std::string& path, size_t most = SIZE_MAX);

// Creates the file. Throws SystemError.
void write_text(const std::string& path, std::string_view text);

}  // namespace nsrun::os
