# SPDX-License-Identifier: Apache-2.0
"""Makes sockets by every way into the kernel that there is: "<way> <errno's name, or open>" each.

The ways of 32-bit x86 need no 32-bit program: int 0x80 enters by its table, also from a 64-bit one.
"""

import ctypes
import errno
import mmap
import platform
import struct
import sys

AF_UNIX, AF_VSOCK, SOCK_STREAM = 1, 40, 1
SYS_IO_URING_SETUP = 425  # on every architecture
X32_BIT = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def word(result: int) -> str:
    """Of what a system call gave: a descriptor or -errno."""
    return "open" if result >= 0 else errno.errorcode[-result]


def native(number: int, *arguments: object) -> int:
    result = libc.syscall(ctypes.c_long(number), *arguments)
    return result if result >= 0 else -ctypes.get_errno()


class Int80:
    """System calls by the table of 32-bit x86, from a page below 4 GiB."""

    MAP_32BIT = 0x40
    #       push rbx  mov eax,edi  mov ebx,esi  xchg ecx,edx  int 0x80  pop rbx  ret
    CODE = b"\x53" b"\x89\xf8" b"\x89\xf3" b"\x87\xca" b"\xcd\x80" b"\x5b" b"\xc3"
    ARGUMENTS = 256  # where in the page those of socketcall(2) lie

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE,
                               mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | self.MAP_32BIT,
                               mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._page[:len(self.CODE)] = self.CODE
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self.call = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 4)(self._start)

    def socketcall(self, family: int) -> int:
        self._page[self.ARGUMENTS:self.ARGUMENTS + 12] = struct.pack("iii", family, SOCK_STREAM, 0)
        return self.call(102, 1, self._start + self.ARGUMENTS, 0)


def native_socket(family: int) -> int:
    return native({"x86_64": 41}.get(platform.machine(), 198), family, SOCK_STREAM, 0)


def ways() -> dict:
    found = {
        "native": native_socket,
        "native-high-half": lambda family: native(
            {"x86_64": 41}.get(platform.machine(), 198),
            ctypes.c_long(1 << 32 | family), SOCK_STREAM, 0),
        # What a ring is asked for later is nothing that a filter could see.
        "io_uring": lambda family: native(SYS_IO_URING_SETUP, 1, ctypes.create_string_buffer(120)),
    }
    if platform.machine() == "x86_64":
        int80 = Int80()
        found |= {
            "x32": lambda family: native(X32_BIT | 41, family, SOCK_STREAM, 0),
            "i386-socket": lambda family: int80.call(359, family, SOCK_STREAM, 0),
            "i386-socketcall": int80.socketcall,
            "i386-io_uring": lambda family: int80.call(SYS_IO_URING_SETUP, 1, 0, 0),
            "i386-getpid": lambda family: int80.call(20, 0, 0, 0),
        }
    return found


for way, make in ways().items():
    print(way, word(make(AF_VSOCK if sys.argv[1] == "vsock" else AF_UNIX)))
