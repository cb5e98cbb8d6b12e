// SPDX-License-Identifier: Apache-2.0
//
// Waiting, and the signals that end it.
#pragma once

#include <poll.h>

#include <exception>
#include <span>

#include "base/fd.hh"
#include "launcher/helper_keeper.hh"
#include "os/signals.hh"

namespace nsrun::launcher {

// A signal ended the set-up before the command had started, or Ctrl-C ended the command.
class Interrupted final : public std::exception {
 public:
  explicit Interrupted(int signal) noexcept : signal_(signal) {}
  const char* what() const noexcept override { return "interrupted"; }
  int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

// Asks to end, and is not ignored.
bool ends_this_program(int signal) noexcept;

// For poll(2), which passes over what is not open.
pollfd entry_for(base::FdView fd, bool is_wanted = true) noexcept;
// Throws SystemError.
void wait_for_any(std::span<pollfd> entries, int milliseconds = -1);

// During set-up: until `fd` is readable. Throws Interrupted.
void wait_for(base::FdView fd, os::SignalQueue& signals);
// Until the introduced helper can serve. Throws base::Failure with its reason, and Interrupted.
void wait_until_ready(HelperKeeper& helper, os::SignalQueue& signals);

}  // namespace nsrun::launcher
