// SPDX-License-Identifier: Apache-2.0
//
// netns-ctl exec and shell, the first half: finds the entrance of the instance, and becomes the
// netns-run of the same installation, which enters (launcher/enter.hh).
#pragma once

#include <string>
#include <vector>

#include "base/error.hh"

namespace nsrun::ctl {

// The command was not run.
class NotEntered final : public base::Failure {
 public:
  using base::Failure::Failure;
};

// Throws NotEntered, whatever the reason.
[[noreturn]] void run_in_instance(const std::string& instance,
                                  const std::vector<std::string>& command);

}  // namespace nsrun::ctl
