// SPDX-License-Identifier: Apache-2.0
//
// Namespaces that exist already (namespaces(7)): open them by path or by process, and enter them.
// Entering a user namespace needs a process with one thread (setns(2)); it gives all capabilities
// in that namespace to its owner, which is why it comes first. New namespaces are made by
// process.hh.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.hh"

namespace nsrun::os {

enum class NamespaceKind { kUser, kNetwork, kMount, kPid };

// "/proc/<pid>/ns/net" and the like.
std::string namespace_path(pid_t pid, NamespaceKind kind);

// Throws SystemError.
base::Fd open_namespace(const std::string& path);

// Does nothing when the calling process is in it already: the kernel refuses to enter one's own
// user namespace. Throws SystemError.
void enter_namespace(base::FdView target, NamespaceKind kind);

// The user namespace first, whose capabilities the second step needs. Throws SystemError.
void enter_user_and_network(base::FdView user, base::FdView network);

}  // namespace nsrun::os
