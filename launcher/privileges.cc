// SPDX-License-Identifier: Apache-2.0
#include "launcher/privileges.hh"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.hh"
#include "sandbox/limits.hh"

namespace nsrun::launcher {

void give_up_all_rights() {
  base::check("clear the ambient capabilities",
              ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  base::check("drop the capabilities", ::syscall(SYS_capset, &header, none));
  sandbox::forbid_new_privileges();
}

}  // namespace nsrun::launcher
