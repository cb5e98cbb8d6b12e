// SPDX-License-Identifier: Apache-2.0
//
// Namespaces of the helper's own (namespaces(7)): user, mount, IPC and UTS. Not the guest's user
// namespace, whose root could trace us; not a PID namespace, as callers look at the very process
// that they started; not a network namespace, as ours is the host's network.
#pragma once

#include "base/fd.hh"

namespace nsrun::sandbox {

// Before a second thread exists and before the process is made non-dumpable. Where the host forbids
// a user namespace, or to do anything in it, the others are made with the rights that the process
// has, or with those that it gets by joining `guest_user_namespace` (may be empty). A child tries
// each way first, since a user namespace cannot be left again. Throws base::Failure when there is
// no way, with the reason for each; nothing has changed then.
void enter_own_namespaces(base::FdView guest_user_namespace);

// All but the user namespace, with the rights that the process has. Throws SystemError.
void make_own_namespaces_but_user();

}  // namespace nsrun::sandbox
