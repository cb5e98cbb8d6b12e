# SPDX-License-Identifier: Apache-2.0
"""Processes of a test: started as the unprivileged user unless said otherwise, output in files (no
pipe to fill up), all ended after the case."""

import os
import pathlib
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from support import host, tap, waiting

BUILD = host.BUILD
NETNS_RUN = str(BUILD / "launcher/netns-run")
NETNS_SLIRP = str(BUILD / "src/helper/netns-slirp")
PYTHON = ("/usr/bin/python3", "-u", "-B")
PEER = (*PYTHON, str(host.SOURCE / "tests/support/peer.py"))


@dataclass
class Result:
    status: int
    out: str
    err: str


class Process:
    """A running program. Without `user` it runs as the root of the test's own host. After the case
    it gets the signal `end_with`; SIGKILL is the hardest test of what it leaves behind."""

    def __init__(self, command: Sequence[str], *, user: bool = True, inside: int | None = None,
                 stdin=subprocess.DEVNULL, stdout=None, stderr=None,
                 env: dict[str, str] | None = None, cwd: str | pathlib.Path = "/tmp",
                 lasting: bool = False, end_with: int = signal.SIGKILL, **popen):
        self._out = tempfile.TemporaryFile("w+b", dir=host.SCRATCH)
        self._err = tempfile.TemporaryFile("w+b", dir=host.SCRATCH)
        words = [*(host.as_user() if user else ()), *command]
        if inside is not None:
            words = ["nsenter", f"--net=/proc/{inside}/ns/net", *words]
        self.command = list(command)
        self._end_with = end_with
        self._popen = subprocess.Popen(
            words, stdin=stdin, stdout=stdout or self._out, stderr=stderr or self._err, cwd=cwd,
            env=host.environment(user) | (env or {}), **popen)
        (host.lasting if lasting else host.of_this_case).append(self)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def stdin(self):
        return self._popen.stdin

    @property
    def out(self) -> str:
        return self._read(self._out)

    @property
    def err(self) -> str:
        return self._read(self._err)

    @staticmethod
    def _read(file) -> str:
        # By pread: the program's own writes share the file's position.
        return os.pread(file.fileno(), 1 << 24, 0).decode(errors="replace")

    def is_running(self) -> bool:
        return self._popen.poll() is None

    def signal(self, number: int) -> None:
        self._popen.send_signal(number)

    def wait(self, seconds: float = 30) -> Result:
        """The end of the program; a negative status is a signal."""
        try:
            status = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            tap.fail(f"{self.command} still runs after {seconds} s; {self._story()}")
        return Result(status, self.out, self.err)

    def says(self, text: str, seconds: float = 20) -> "Process":
        """Waits until the program has written `text`."""
        def written() -> bool:
            return text in self.out or text in self.err or not self.is_running()

        waiting.until(written, lambda: f"{text!r} from {self.command}; {self._story()}", seconds)
        if text not in self.out and text not in self.err:
            tap.fail(f"{self.command} ended without {text!r}; {self._story()}")
        return self

    def _story(self) -> str:
        return f"status {self._popen.poll()}, said {self.out[-800:]!r} and {self.err[-1500:]!r}"

    def end(self) -> None:
        """What it leaves behind is for the check after the case to find."""
        self._popen.send_signal(self._end_with)
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(10)
            tap.fail(f"{self.command} had to be killed; {self._story()}")
        if self._popen.stdin:
            self._popen.stdin.close()
        self._out.close()
        self._err.close()


def run(command: Sequence[str], *, seconds: float = 30, text: str | None = None,
        **options) -> Result:
    """Runs a program to its end, with `text` as its standard input."""
    if text is None:
        return Process(command, **options).wait(seconds)
    process = Process(command, stdin=subprocess.PIPE, **options)
    process.stdin.write(text.encode())
    process.stdin.close()
    return process.wait(seconds)


def netns_run(*arguments: str, seconds: float = 30, **options) -> Result:
    """netns-run to its end."""
    return run([NETNS_RUN, *map(str, arguments)], seconds=seconds, **options)


def start_netns_run(*arguments: str, **options) -> Process:
    return Process([NETNS_RUN, *map(str, arguments)], **options)


def succeeds(result: Result) -> str:
    """The output of a command that has to succeed."""
    if result.status != 0:
        tap.fail(f"status {result.status}; said {result.out[-500:]!r} and {result.err[-1500:]!r}")
    return result.out


def in_guest(*command: str, options: Sequence[str] = (), **more) -> str:
    """The output of a command that succeeds in a guest of its own."""
    return succeeds(netns_run(*options, "--", *command, **more))


def guest_shell(script: str, options: Sequence[str] = (), **more) -> str:
    return in_guest("sh", "-c", script, options=options, **more)


def peer(role: str, *arguments: object, user: bool = False, **options) -> Process:
    """A server or client of support/peer.py on the host (or `inside` another namespace); servers
    are ready when this returns."""
    process = Process([*PEER, role, *map(str, arguments)], user=user, **options)
    return process.says("listening") if role in SERVERS else process


def guest_server(options: Sequence[str], role: str, *arguments: object) -> Process:
    """netns-run with a ready server of support/peer.py as its command."""
    return start_netns_run(*options, "--", *PEER, role, *map(str, arguments)).says("listening")


SERVERS = {"tcp-echo", "tcp-hello", "tcp-sink", "tcp-source", "udp-echo"}
