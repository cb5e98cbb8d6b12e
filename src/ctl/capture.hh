// SPDX-License-Identifier: Apache-2.0
//
// "netns-ctl capture": what crosses an instance's TAP as a pcapng file. The helper sends it over
// the control socket; only netns-ctl has a file.
#pragma once

#include <cstdint>

#include "ctl/options.hh"

namespace nsrun::ctl {

struct Captured {
  uint64_t frames = 0;
  uint64_t dropped = 0;  // since they came faster than they were taken
};

// Until it is told to end (SIGINT, SIGTERM, SIGHUP), a limit is reached or the instance ends.
// Throws like ask(), and SystemError when the file cannot be written.
Captured capture(const CaptureFrames& command);

}  // namespace nsrun::ctl
