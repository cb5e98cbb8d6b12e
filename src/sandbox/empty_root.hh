// SPDX-License-Identifier: Apache-2.0
//
// An empty, read-only root directory: whoever takes the process over finds no file to read, change
// or execute, no /proc, no socket to connect to.
#pragma once

namespace nsrun::sandbox {

enum class Mounts { kOwn, kShared };  // who else sees them

// With mounts of its own, where the host allows to mount: a file system in which /etc and /run
// exist, as callers of slirp4netns expect, and are empty. Otherwise, with CAP_SYS_CHROOT: the
// directory of a process that has ended, in which nothing is and nothing can be made. Nothing that
// is unmounted here is unmounted elsewhere. The process has one thread. Throws SystemError,
// base::Failure.
void enter_empty_root(Mounts mounts);

}  // namespace nsrun::sandbox
