// SPDX-License-Identifier: Apache-2.0
//
// The guest's first process: PID 1 of its PID namespace (with --share-pid a subreaper). It makes
// network and files, starts the command, reaps what is left to it, passes signals on, and ends when
// the command ends. The kernel then ends whatever the command left behind; with --share-pid init
// does that itself. When netns-run ends, however it ends, so does init.
#pragma once

#include "base/fd.hh"
#include "launcher/background.hh"
#include "launcher/caller_state.hh"
#include "launcher/options.hh"
#include "os/id_maps.hh"

namespace nsrun::launcher {

struct InitTask {
  base::FdView channel;   // to netns-run
  base::FdView launcher;  // netns-run's pidfd
  const Options& options;
  const os::Ids& inside;
  const CallerState& caller;
  Background& background;
};

// Runs in the new namespaces. Returns the command's exit status, or 125 after kFailed.
int run_init(const InitTask& task);

}  // namespace nsrun::launcher
