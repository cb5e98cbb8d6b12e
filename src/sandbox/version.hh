// SPDX-License-Identifier: Apache-2.0
//
// The version of libseccomp in use, as "2.5.4".
#pragma once

#include <string>

namespace nsrun::sandbox {

std::string seccomp_library_version();

}  // namespace nsrun::sandbox
