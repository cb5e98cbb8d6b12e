# SPDX-License-Identifier: Apache-2.0
"""System calls that fail on purpose: strace(1) answers the Nth call of a name in the kernel's place,
in each process and thread that a program consists of.

    faults.Fault("mount", "EPERM", "2").wrapper()    # a prefix for a command

What the kernel is asked for instead is getpid(2), which our filters allow: by default strace takes
the number -1, which they do not."""

import pathlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from support import process

# The user writes it.
TRACE = pathlib.Path("/tmp/trace")

# Their failure is a defect of the kernel, not a state that a host may be in: libraries abort, rightly.
# brk(2) as the kernel has it returns no errors.
_CANNOT_FAIL = {
    "arch_prctl", "brk", "close", "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpgrp",
    "getpid", "getppid", "getsid", "gettid", "getuid", "madvise", "munmap", "restart_syscall", "rseq",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "set_tid_address", "umask",
    "uname", "wait4",
}
_DESCRIPTOR_MAKERS = {
    "accept4", "dup", "dup2", "epoll_create1", "eventfd2", "fcntl", "inotify_init1", "openat",
    "pidfd_open", "pipe2", "signalfd4", "socket", "socketpair", "timerfd_create",
}
_DATA_MOVERS = {"pread64", "read", "recvfrom", "recvmsg", "sendmsg", "sendto", "write", "writev"}
_MEMORY = {"mmap", "mprotect"}
_PROCESS_MAKERS = {"clone", "clone3", "vfork"}


@dataclass(frozen=True)
class Fault:
    call: str
    error: str
    when: str  # as strace has it: "3", "3+", "3+2", "3..9+2"

    def __str__(self) -> str:
        return f"{self.call} {self.when}: {self.error}"

    def words(self) -> list[str]:
        return ["-e", f"inject={self.call}:error={self.error}:syscall=getpid:when={self.when}"]

    def wrapper(self) -> list[str]:
        return tracing(*self.words())


def tracing(*options: str) -> list[str]:
    forget_trace()
    return ["strace", "-f", "-qq", "-o", str(TRACE), *options]


def errors_of(call: str) -> Sequence[str]:
    """What a host in trouble answers."""
    if call in _DESCRIPTOR_MAKERS:
        return ("EMFILE", "ENFILE")
    if call in _DATA_MOVERS:
        return ("EIO", "ENOBUFS")
    if call in _MEMORY:
        return ("ENOMEM",)
    if call in _PROCESS_MAKERS:
        return ("ENOMEM", "EAGAIN")
    return ("EPERM", "ENOMEM")


def calls_of(trace: str, command: str) -> dict[str, int]:
    """How often each process or thread makes each call, at most; without those of `command`, once it
    has been executed, and those that cannot fail."""
    counts: dict[str, Counter] = {}
    strangers = set()
    for line in trace.splitlines():
        found = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not found or found[1] in strangers:
            continue
        counts.setdefault(found[1], Counter())[found[2]] += 1
        if found[2] == "execve" and command in found[3]:
            strangers.add(found[1])
    most: dict[str, int] = {}
    for counter in counts.values():
        for call, count in counter.items():
            if call not in _CANNOT_FAIL:
                most[call] = max(most.get(call, 0), count)
    return most


def calls_of_loader(trace: str) -> Counter:
    """Those of the first process before main(), roughly: the loader lets go of its cache last. It
    crashes without memory; nobody's message can come out."""
    before_main = trace.partition("munmap(")[0]
    return Counter(re.findall(r"^\d+ +(m\w+)\(", before_main, re.MULTILINE))


def was_injected() -> bool:
    return TRACE.exists() and "(INJECTED)" in TRACE.read_text(errors="replace")


def forget_trace() -> None:
    TRACE.unlink(missing_ok=True)


def all_single(trace: str, command: str) -> list[Fault]:
    spared = calls_of_loader(trace)
    return [Fault(call, error, str(number)) for call, count in sorted(calls_of(trace, command).items())
            for error in errors_of(call) for number in range(spared[call] + 1, count + 1)]


def start(fault: Fault, *command: str) -> process.Process:
    return process.Process([*fault.wrapper(), *command])
