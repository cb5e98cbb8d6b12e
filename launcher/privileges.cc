// SPDX-License-Identifier: Apache-2.0
#include "launcher/privileges.hh"

#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/capability_set.hh"
#include "sandbox/limits.hh"
#include "sandbox/socket_family.hh"

namespace nsrun::launcher {

void settle_rights(const Options& options) {
  // First, as it may need CAP_SYS_ADMIN. vsock knows no network namespace: a way out of this one
  // for a command in a virtual machine.
  if (!options.allow_vsock) sandbox::close_socket_family(AF_VSOCK);
  if (options.has_rights()) {
    sandbox::limit_bounding_set(options.capabilities);
  } else {
    sandbox::make_root_ordinary();  // the kept uid may be 0
  }
  sandbox::hold_capabilities(options.capabilities);
  // For uid 0 the kernel does that itself.
  if (::geteuid() != 0) sandbox::keep_capabilities_over_exec(options.capabilities);
  if (options.no_new_privileges) sandbox::forbid_new_privileges();
}

}  // namespace nsrun::launcher
