# SPDX-License-Identifier: Apache-2.0
"""The network helper of a running netns-run."""

import pathlib

from support import process, waiting


def helpers_of(running: process.Process) -> list[int]:
    """Its children that are netns-slirp: one, or none for a moment after a death."""
    children = pathlib.Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text()
    return [int(child) for child in children.split() if _is_helper(child)]


def _is_helper(pid: str) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return pathlib.Path(f"/proc/{pid}/comm").read_text() == "netns-slirp\n" and state != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def helper_of(running: process.Process, but: int = 0) -> int:
    """Waits until there is one, another one than `but`."""
    return waiting.until(
        lambda: next((pid for pid in helpers_of(running) if pid != but), 0), "the helper's process")
