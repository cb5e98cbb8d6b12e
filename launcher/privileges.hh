// SPDX-License-Identifier: Apache-2.0
//
// The command's rights: the last thing before it is executed.
#pragma once

#include "launcher/options.hh"
#include "sandbox/capability_set.hh"

namespace nsrun::launcher {

// What the options say of them.
struct Rights {
  bool has_maps = false;  // Options::has_rights()
  sandbox::CapabilitySet capabilities = sandbox::kNoCapabilities;
  bool no_new_privileges = true;
  bool allow_vsock = false;
  friend bool operator==(const Rights&, const Rights&) = default;
};
Rights rights_of(const Options& options);

// Closes AF_VSOCK, leaves the command the capabilities and the no-new-privs of `rights`, and
// nothing in any other set of capabilities, save that one that is not uid 0 needs them inheritable
// and ambient as well. For a kept uid, which holds none, the bounding set
// stays: without a capability in it, the kernel refuses to execute files that carry it, ping(8)
// among them. Throws SystemError.
void settle_rights(const Rights& rights);

}  // namespace nsrun::launcher
