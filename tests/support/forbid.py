#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command whose system calls of the given names fail with EPERM, as container engines and
security modules make them fail. `forbid.py mount,chroot COMMAND...`

A filter of seccomp(2), since that is inherited and needs no rights. Only native calls are seen.
"""

import ctypes
import os
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD_NUMBER = (0x20, 0, 0, 0)  # linux/bpf_common.h: BPF_LD | BPF_W | BPF_ABS
_JUMP_IF_EQUAL, _RETURN = 0x15, 0x06
_ALLOW, _FAIL_WITH_EPERM = 0x7fff0000, 0x00050001


def _number(name: str) -> int:
    """libseccomp knows the numbers of the architecture."""
    return ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name(name.encode())


def _forbid(names: list[str]) -> None:
    code = [_LOAD_NUMBER]
    for name in names:
        number = _number(name)
        assert number >= 0, name
        code += [(_JUMP_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL_WITH_EPERM)]
    code.append((_RETURN, 0, 0, _ALLOW))
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0) != 0:
        sys.exit(f"no filter: {os.strerror(ctypes.get_errno())}")


_forbid(sys.argv[1].split(","))
os.execvp(sys.argv[2], sys.argv[2:])
