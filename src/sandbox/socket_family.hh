// SPDX-License-Identifier: Apache-2.0
//
// Closes a family of sockets to the calling process and all that comes from it (seccomp(2)). For
// families that know no network namespace, as AF_VSOCK, which talks to a virtual machine's host.
#pragma once

namespace nsrun::sandbox {

// socket(family, ...) then fails with EAFNOSUPPORT, as if the kernel did not know it, whichever of
// the architecture's system call tables is used. With it go the two ways to make a socket that a
// filter cannot look into: io_uring(7), whose ring holds the arguments, fails with ENOSYS; and so
// does, with EAFNOSUPPORT, every socket by socketcall(2) of 32-bit x86, whose arguments lie in
// memory. glibc's socket(3) is that one, so 32-bit x86 programs run, but have no sockets at all.
// On a machine of 32-bit x86 or s390x all programs would have none: nothing is closed there.
// The process needs no-new-privs or CAP_SYS_ADMIN in its user namespace. Throws SystemError.
void close_socket_family(int family);

}  // namespace nsrun::sandbox
