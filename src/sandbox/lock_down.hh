// SPDX-License-Identifier: Apache-2.0
//
// Lock-down: what a process of the helper gives up before the helper says that it is ready, as
// named stages in a fixed order. SECURITY.md has what each stops, and which each caller gets.
// Before it, inherited descriptors have been closed (os::close_fds_except) and everything that
// needs rights or files has been opened. Capabilities, no-new-privs and the filter belong to
// threads, so no second thread may exist yet.
#pragma once

#include <sys/capability.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hh"
#include "base/system_call.hh"

namespace nsrun::sandbox {

struct Stage {
  std::string_view name;  // for messages: "lock-down, stage <name>: ..."
  std::function<void()> apply;
  // There are hosts on which it cannot be had (a limit, a security module, a kernel without it):
  // whoever says so may go on without it. The others can be had everywhere.
  bool may_be_forbidden = false;
};

// What becomes of a stage that the host forbids.
enum class Missing { kIsAnError, kIsAllowed };

// Out of the host's files: for the process that meets the guest's bytes. `guest_user_namespace`:
// see own_namespaces.hh.
std::vector<Stage> isolation_stages(base::FdView guest_user_namespace);

// The same for a process that has entered the guest's user namespace, with the rights that it has
// there.
std::vector<Stage> isolation_stages_of_the_guest();

// No capability, no way to gain any, no inspection by others, no memory without end, no system call
// beyond `allowed`, which must live until the stages have been applied. For every process; after
// isolation. `kept`: a capability that it needs still, where it has it.
std::vector<Stage> renunciation_stages(base::SystemCalls allowed, std::optional<cap_value_t> kept);

// In their order. Returns what had to be left out, with the reason. Throws base::Failure that names
// the stage and the reason.
std::vector<std::string> apply_stages(const std::vector<Stage>& stages, Missing missing);

}  // namespace nsrun::sandbox
