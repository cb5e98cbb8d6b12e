// SPDX-License-Identifier: Apache-2.0
//
// Signals as events of a descriptor (signalfd(2)). While a SignalQueue lives its signals are
// blocked in the calling thread and read from the queue; afterwards the mask is as it was.
// Dispositions are left alone.
#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <optional>
#include <span>

#include "base/fd.hh"

namespace nsrun::os {

// For a process that others end by other means: none of its own business. Throws SystemError.
void block_all_signals();

class SignalQueue {
 public:
  // Throws SystemError.
  explicit SignalQueue(std::span<const int> signals);
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue();

  // Non-blocking, close-on-exec.
  base::FdView fd() const noexcept { return fd_; }
  // The next signal that waits, if any. Throws SystemError.
  std::optional<signalfd_siginfo> next();

 private:
  sigset_t original_mask_;
  base::Fd fd_;
};

}  // namespace nsrun::os
