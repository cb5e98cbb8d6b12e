// SPDX-License-Identifier: Apache-2.0
//
// The helper's main loop and everything that ends it: a signal, the exit descriptor's hang-up, the
// launcher's, the end of the target process, the end of the data plane.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "control/main_context.hh"
#include "os/signals.hh"

namespace nsrun::helper {

class Supervision {
 public:
  // From here on SIGTERM, SIGINT and SIGHUP are events of the loop, the last without effect.
  explicit Supervision(control::MainContext& context);

  // The loop ends, without an error, when the other side of `fd` has been closed.
  void end_on_hang_up(base::FdView fd, std::string what);
  // ... when `fd` becomes readable, as a pidfd does when its process has ended.
  void end_on_readable(base::FdView fd, std::string what);
  // In the loop's thread. The first call counts.
  void end(int exit_status, const std::string& why);

  // Runs until something ended it. The exit status.
  int run();

 private:
  void on_signal();
  void end_on(base::FdView fd, GIOCondition conditions, std::string what);

  control::MainContext& context_;
  os::SignalQueue signals_;
  std::vector<std::unique_ptr<control::FdSource>> sources_;
  std::optional<int> exit_status_;
};

}  // namespace nsrun::helper
