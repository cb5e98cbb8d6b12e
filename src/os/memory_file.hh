// SPDX-License-Identifier: Apache-2.0
//
// A file in memory (memfd_create(2)), for what a process that is passed its descriptor shall read
// and what no message has room for.
#pragma once

#include <vector>

#include "base/bytes.hh"
#include "base/fd.hh"

namespace nsrun::os {

// Holds `bytes`; close-on-exec. Throws SystemError.
base::Fd make_memory_file(const char* name, base::Bytes bytes);

// All of it, wherever its position is. Throws SystemError.
std::vector<std::byte> read_memory_file(base::FdView file);

}  // namespace nsrun::os
