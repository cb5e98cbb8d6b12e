// SPDX-License-Identifier: Apache-2.0
//
// Closes a family of sockets to the calling process and all that comes from it (seccomp(2)). For
// families that know no network namespace, as AF_VSOCK, which talks to a virtual machine's host.
#pragma once

namespace nsrun::sandbox {

// socket(family, ...) then fails with EAFNOSUPPORT, as if the kernel did not know it. The process
// needs no-new-privs or CAP_SYS_ADMIN in its user namespace. Not a boundary: system calls of
// another architecture pass (the arguments of i386's socketcall(2) lie in memory, and all 32-bit
// networking would have to go with it), and so does IORING_OP_SOCKET of io_uring(7). Throws
// SystemError.
void close_socket_family(int family);

}  // namespace nsrun::sandbox
