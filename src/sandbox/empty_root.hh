// SPDX-License-Identifier: Apache-2.0
//
// An empty, read-only root directory: whoever takes the process over finds no file to read, change
// or execute, no /proc, no socket to connect to.
#pragma once

namespace nsrun::sandbox {

// In a mount namespace of one's own, with CAP_SYS_ADMIN there. /etc and /run exist, as callers of
// slirp4netns expect, and are empty. Nothing that is unmounted here is unmounted elsewhere. Throws
// SystemError.
void enter_empty_root();

}  // namespace nsrun::sandbox
