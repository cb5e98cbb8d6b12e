// SPDX-License-Identifier: Apache-2.0
#include "helper/version.hh"

#include <fmt/format.h>

#include "helper/commit.hh"
#include "sandbox/version.hh"
#include "slirp/engine.hh"

namespace nsrun::helper {

std::string version_text() {
  return fmt::format(
      "slirp4netns version 1.3.2+netns-slirp.{}\n"
      "commit: {}\n"
      "libslirp: {}\n"
      "SLIRP_CONFIG_VERSION_MAX: {}\n"
      "libseccomp: {}\n",
      NSRUN_VERSION, kCommit, slirp::Engine::version(), NSRUN_SLIRP_CONFIG_VERSION_MAX,
      sandbox::seccomp_library_version());
}

}  // namespace nsrun::helper
