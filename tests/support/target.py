# SPDX-License-Identifier: Apache-2.0
"""A network namespace that the user made, and netns-slirp started for it as engines start it."""

import os
import signal
from collections.abc import Sequence

from support import api, process, tap, waiting


class Target:
    """A process in user and network namespaces of its own, as a container engine makes them."""

    def __init__(self) -> None:
        self.holder = process.Process(
            ["unshare", "--user", "--map-root-user", "--net", "sh", "-c",
             "echo made; exec sleep infinity"]).says("made")
        self.pid = self.holder.pid

    def _enter(self) -> list[str]:
        return ["nsenter", f"--target={self.pid}", "--user", "--net", "--preserve-credentials"]

    def start(self, *command: str) -> process.Process:
        return process.Process([*self._enter(), *map(str, command)])

    def run(self, *command: str, seconds: float = 30) -> str:
        return process.succeeds(process.run([*self._enter(), *map(str, command)], seconds=seconds))

    def try_run(self, *command: str) -> process.Result:
        return process.run([*self._enter(), *map(str, command)])


class Helper:
    """netns-slirp for a Target, or a path for --netns-type=path. `ready` waits as callers do: "1"
    and the end of the ready fd. `wrapper` is a command that runs the program."""

    def __init__(self, target: Target | str, *options: str, exit_fd: bool = False, tap_name: str = "tap0",
                 api_path: str | None = None, wrapper: Sequence[str] = (), **popen):
        self.api_path = api_path
        self.is_wrapped = bool(wrapper)
        self._ready, ready_write = os.pipe()
        passed = [ready_write]
        words = [*wrapper, process.NETNS_SLIRP, *options, "-r", str(ready_write)]
        self._exit_write: int | None = None
        if exit_fd:
            exit_read, self._exit_write = os.pipe()
            passed.append(exit_read)
            words += ["-e", str(exit_read)]
        if api_path:
            words += ["-a", api_path]
        passed += popen.pop("pass_fds", ())
        words += [target if isinstance(target, str) else str(target.pid), tap_name]
        # Killed, it could not remove its API socket.
        self.process = process.Process(words, pass_fds=passed, end_with=signal.SIGTERM, **popen)
        for number in passed[:2 if exit_fd else 1]:
            os.close(number)

    def ready(self) -> "Helper":
        said = self.ready_or_end()
        tap.equal(said, b"1", f"ready fd; the helper said {self.process.err}")
        return self

    def ready_or_end(self) -> bytes:
        """What came before the end of the ready fd. A wrapper may hold another copy of it."""
        os.set_blocking(self._ready, False)
        said = b""

        def is_over() -> bool:
            nonlocal said
            try:
                piece = os.read(self._ready, 16)
            except BlockingIOError:
                return False
            said += piece
            return piece == b"" or (self.is_wrapped and said == b"1")

        waiting.until(is_over, lambda: f"the ready fd's end; the helper said {self.process.err}")
        os.close(self._ready)
        return said

    def hang_up(self) -> None:
        """The caller closes its end of the exit fd."""
        os.close(self._exit_write)

    def ask(self, request: object, shut_down: bool = True) -> dict:
        """One request over the API socket, one answer."""
        return api.ask(self.api_path, request, shut_down)

    def add(self, **arguments: object) -> int:
        answer = self.ask({"execute": "add_hostfwd", "arguments": arguments})
        tap.true("return" in answer, f"{arguments}: {answer}")
        return answer["return"]["id"]

    def error_of(self, request: object) -> str:
        answer = self.ask(request)
        tap.true("error" in answer, f"{request}: {answer}")
        return answer["error"]["desc"]
