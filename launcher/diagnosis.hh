// SPDX-License-Identifier: Apache-2.0
//
// Why the host refused, in words that name the mend. The kernel gives an errno; the cause is
// guessed from the host's settings, which are read once, after the failure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nsrun::launcher {

// Settings that forbid namespaces, as the kernel shows them; absent: this kernel has no such one.
struct HostFacts {
  std::optional<std::string> max_user_namespaces = {};
  std::optional<std::string> max_network_namespaces = {};
  std::optional<std::string> max_mount_namespaces = {};
  std::optional<std::string> max_pid_namespaces = {};
  // kernel.unprivileged_userns_clone: Debian's kernels before version 5.10, and others after them.
  std::optional<std::string> unprivileged_userns_clone = {};
  // kernel.apparmor_restrict_unprivileged_userns: Ubuntu since 23.10.
  std::optional<std::string> apparmor_restriction = {};
};

HostFacts read_host_facts();

enum class Step {
  kMakeNamespaces,  // clone(2) with the namespaces' flags
  kSetUp,           // everything after it, with the capabilities of the new namespace
};

// "<cause>; <mend>", or "" when nothing is known.
std::string mend_for(Step step, int error_number, const HostFacts& facts);

// "<failed>", or "<failed> (<cause>; <mend>)".
std::string explain(std::string_view failed, Step step, int error_number, const HostFacts& facts);

}  // namespace nsrun::launcher
