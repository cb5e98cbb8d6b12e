// SPDX-License-Identifier: Apache-2.0
//
// Lock-down: what the helper gives up before it says that it is ready, as named stages in a fixed
// order. Before it, inherited descriptors have been closed (os::close_fds_except) and everything
// that needs rights has been opened. Capabilities and no-new-privs belong to threads, so no second
// thread may exist yet.
#pragma once

#include <span>
#include <string_view>

namespace nsrun::sandbox {

struct Stage {
  std::string_view name;  // for messages: "lock-down, stage <name>: ..."
  void (*apply)();
};

// In the order in which they must be applied.
std::span<const Stage> stages() noexcept;

// Applies them all. Throws base::Failure that names the stage and the reason.
void lock_down();

}  // namespace nsrun::sandbox
