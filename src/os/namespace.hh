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

enum class NamespaceKind { kUser, kNetwork, kMount, kPid, kIpc, kUts, kCgroup };

// "/proc/<pid>/ns/net" and the like.
std::string namespace_path(pid_t pid, NamespaceKind kind);
// That of the calling process, whichever PID namespace /proc shows.
std::string own_namespace_path(NamespaceKind kind);

// Never waits, whatever stands at the path. Throws SystemError.
base::Fd open_namespace(const std::string& path);

// Whether `target` is open on a namespace of that kind (ioctl_ns(2), NS_GET_NSTYPE).
bool is_namespace(base::FdView target, NamespaceKind kind) noexcept;
// Whether it is the one that the calling process is in.
bool is_own_namespace(base::FdView target, NamespaceKind kind) noexcept;
// The user namespace that owns `target`. Throws SystemError, with EPERM where that is neither the
// caller's nor below it.
base::Fd owner_of_namespace(base::FdView target);
// Who made the user namespace `target`. Throws SystemError.
uid_t maker_of_namespace(base::FdView target);

// Does nothing when the calling process is in it already: the kernel refuses to enter one's own
// user namespace. Throws SystemError.
void enter_namespace(base::FdView target, NamespaceKind kind);

// The user namespace first, whose capabilities the second step needs. Throws SystemError.
void enter_user_and_network(base::FdView user, base::FdView network);

}  // namespace nsrun::os
