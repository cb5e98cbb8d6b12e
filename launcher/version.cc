// SPDX-License-Identifier: Apache-2.0
#include "launcher/version.hh"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "base/error.hh"
#include "base/log.hh"
#include "launcher/own_programs.hh"
#include "nsrun/exit_status.hh"
#include "os/process.hh"

namespace nsrun::launcher {

int print_version() {
  fmt::print("netns-run {}\n", NSRUN_VERSION);
  base::check("write the version", std::fflush(stdout));
  const std::string helper = find_helper();
  os::Child child = os::Child::start([&] {
    ::execl(helper.c_str(), helper.c_str(), "--version", nullptr);
    base::log::error("cannot run {}: {}", helper, base::error_text(errno));
    return kExitOwnFailure;
  });
  return child.wait().status();
}

}  // namespace nsrun::launcher
