// SPDX-License-Identifier: Apache-2.0
//
// Lock-down: what a process of the helper gives up before the helper says that it is ready, as
// named stages in a fixed order. Before it, inherited descriptors have been closed
// (os::close_fds_except) and everything that needs rights or files has been opened. Capabilities,
// no-new-privs and the filter belong to threads, so no second thread may exist yet.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/fd.hh"
#include "base/system_call.hh"

namespace nsrun::sandbox {

struct Stage {
  std::string_view name;  // for messages: "lock-down, stage <name>: ..."
  std::function<void()> apply;
  // The reason is one of the host's (a limit, a security module): go on without it, and say so.
  bool may_be_missing = false;
};

// Out of the host's files: for the process that meets the guest's bytes. `guest_user_namespace`:
// see own_namespaces.hh.
std::vector<Stage> isolation_stages(base::FdView guest_user_namespace);

// No capability, no way to gain any, no inspection by others, no system call beyond `allowed`,
// which must live until the stages have been applied. For every process; after isolation.
std::vector<Stage> renunciation_stages(base::SystemCalls allowed);

// In their order. Throws base::Failure that names the stage and the reason.
void apply(const std::vector<Stage>& stages);

}  // namespace nsrun::sandbox
