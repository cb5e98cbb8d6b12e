# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal of its own, as a person has it: keys in, screen out."""

import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Sequence

from support import process, tap, waiting

CTRL_C, CTRL_D, CTRL_Z, CTRL_BACKSLASH = b"\x03", b"\x04", b"\x1a", b"\x1c"


class Terminal:
    """`command` leads a session whose controlling terminal this is. `prompt` is for shells."""

    def __init__(self, command: Sequence[str], rows: int = 24, columns: int = 80,
                 prompt: str = "> "):
        self._screen = b""
        self.last = self.before = b""  # what the last shows() found, and what stood before it
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.process = process.Process(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={"TERM": "xterm", "PS1": prompt},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def resize(self, rows: int, columns: int) -> None:
        """As a window manager does: the foreground process group gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def types(self, keys: bytes | str) -> "Terminal":
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)
        return self

    def shows(self, pattern: str, seconds: float = 15) -> "Terminal":
        """Waits for text; what comes before it is forgotten."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern.encode(), self._screen)
            if found:
                self.last, self.before = found.group(), self._screen[:found.start()]
                self._screen = self._screen[found.end():]
                return self
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self.master], [], [], max(left, 0))
            if not readable:
                tap.fail(f"the terminal never showed {pattern!r}; it has {self._screen!r}")
            try:
                self._screen += os.read(self.master, 65536)
            except OSError:  # EIO: the last program on the terminal has ended
                tap.fail(f"the programs ended without {pattern!r}; it had {self._screen!r}")

    def foreground_group(self) -> int:
        return os.tcgetpgrp(self.master)

    def has_in_front(self, program: str) -> bool:
        """A job is in front before it runs its program, and deaf to keys until then."""
        try:
            name = pathlib.Path(f"/proc/{self.foreground_group()}/comm").read_text()
        except FileNotFoundError:
            return False
        return name == f"{program}\n"

    def has_job_control(self, prompt: str) -> None:
        """Of a shell at its prompt: a job is put in front, stopped, continued and ended by keys."""
        self.types("sleep 60\n")
        waiting.until(lambda: self.has_in_front("sleep"), "sleep in front")
        self.types(CTRL_Z).shows("Stopped").shows(prompt)
        self.types("fg\n").shows("sleep 60")
        # The shell names the job before it hands over the terminal.
        waiting.until(lambda: self.has_in_front("sleep"), "sleep in front again")
        self.types(CTRL_C).shows(prompt)

    def ends(self, seconds: float = 15) -> int:
        """The exit status of the session's leader."""
        deadline = time.monotonic() + seconds
        while self.process.is_running():
            # A full terminal would hold the program.
            if select.select([self.master], [], [], 0.02)[0]:
                try:
                    self._screen += os.read(self.master, 65536)
                except OSError:
                    break
            if time.monotonic() > deadline:
                tap.fail(f"the program goes on; the screen has {self._screen!r}")
        return self.process.wait(5).status

    def close(self) -> None:
        """Hangs up, as closing a terminal window does."""
        os.close(self.master)
