// SPDX-License-Identifier: Apache-2.0
//
// The file systems of the guest, where they tell about processes, network or names: /proc, /sys and
// a few files of /etc. For the calling process's new mount namespace; nothing shows outside of it.
// All else stays the host's.
#pragma once

#include "launcher/options.hh"

namespace nsrun::launcher {

// Before anything else is mounted. A fresh /proc with a PID namespace; where the kernel forbids it
// (a container that hides parts of /proc), a warning.
void separate_mounts(bool has_pid_namespace);

// resolv.conf, hosts and nsswitch.conf, and the host's name cache out of sight.
void mount_guest_files(const Options& options);

// A fresh /sys, without which the host's interfaces show. In the guest's network namespace, with
// rights over it.
void mount_sys();

}  // namespace nsrun::launcher
