// SPDX-License-Identifier: Apache-2.0
//
// Tasks that other threads hand to a loop's thread, whatever kind of loop that is: one that watches
// fd() and calls run() when it is readable. In order, each once.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "base/fd.hh"

namespace nsrun::loop {

class PostedTasks {
 public:
  // Throws SystemError.
  PostedTasks();

  base::FdView fd() const noexcept { return wake_; }
  // From any thread.
  void post(std::function<void()> task);
  // In the loop's thread: what has been posted until now.
  void run();

 private:
  base::Fd wake_;  // eventfd(2), non-blocking
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
};

}  // namespace nsrun::loop
