// SPDX-License-Identifier: Apache-2.0
#include "launcher/privileges.hh"

#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/limits.hh"
#include "sandbox/socket_family.hh"

namespace nsrun::launcher {

Rights rights_of(const Options& options) {
  return {.has_maps = options.has_rights(),
          .capabilities = options.capabilities,
          .no_new_privileges = options.no_new_privileges,
          .allow_vsock = options.allow_vsock};
}

void settle_rights(const Rights& rights) {
  // First, as it may need CAP_SYS_ADMIN. vsock knows no network namespace: a way out of this one
  // for a command in a virtual machine.
  if (!rights.allow_vsock) sandbox::close_socket_family(AF_VSOCK);
  if (rights.has_maps) {
    sandbox::limit_bounding_set(rights.capabilities);
  } else {
    sandbox::make_root_ordinary();  // the kept uid may be 0
  }
  sandbox::hold_capabilities(rights.capabilities);
  // For uid 0 the kernel does that itself.
  if (::geteuid() != 0) sandbox::keep_capabilities_over_exec(rights.capabilities);
  if (rights.no_new_privileges) sandbox::forbid_new_privileges();
}

}  // namespace nsrun::launcher
