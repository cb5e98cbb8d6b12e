# SPDX-License-Identifier: Apache-2.0
"""A shell in a guest that is asked line by line, so that the host can change in between."""

import subprocess

from support import process


class GuestShell:
    def __init__(self, *options: str):
        self.process = process.start_netns_run(*options, "--", "sh", stdin=subprocess.PIPE)
        self._count = 0

    def runs(self, command: str, seconds: float = 20) -> str:
        """The command's output, errors among it."""
        self._count += 1
        end = f"end-of-{self._count}"
        said_before = len(self.process.out)
        self.process.stdin.write(f"{command} 2>&1; echo {end}\n".encode())
        self.process.stdin.flush()
        self.process.says(end, seconds)
        return self.process.out[said_before:].partition(end)[0]
