// SPDX-License-Identifier: Apache-2.0
#include "sandbox/version.hh"

#include <fmt/format.h>
#include <seccomp.h>

namespace nsrun::sandbox {

std::string seccomp_library_version() {
  const scmp_version* version = seccomp_version();
  if (version == nullptr) return "unknown";
  return fmt::format("{}.{}.{}", version->major, version->minor, version->micro);
}

}  // namespace nsrun::sandbox
