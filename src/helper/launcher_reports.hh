// SPDX-License-Identifier: Apache-2.0
//
// What netns-run is told of forwards that come and go while the helper serves, so that a helper
// that follows this one has the same. A netns-run that is stopped reads nothing: then reports wait
// here, and nobody waits for them.
#pragma once

#include <deque>

#include "base/fd.hh"
#include "control/main_context.hh"
#include "nsrun/handshake.hh"

namespace nsrun::helper {

class LauncherReports {
 public:
  // `socket` is that of the handshake (helper/launcher_link.hh) and outlives this.
  LauncherReports(control::MainContext& context, base::FdView socket);

  // As long as netns-run reads, it has been told when this returns.
  void report(const ForwardChange& change) noexcept;

 private:
  bool takes_back(const ForwardChange& change) noexcept;
  void send() noexcept;

  base::FdView socket_;
  control::FdSource room_;  // for more, asked for while some wait
  std::deque<ForwardChange> waiting_;
};

}  // namespace nsrun::helper
