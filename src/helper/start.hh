// SPDX-License-Identifier: Apache-2.0
//
// The helper from its options to its end: start-up in its one right order, the main loop, the
// orderly end.
#pragma once

#include "helper/options.hh"

namespace nsrun::helper {

// The exit status. Throws base::Failure, SystemError; under netns-run the launcher is told instead,
// which tells the user.
int run(const Options& options);

}  // namespace nsrun::helper
