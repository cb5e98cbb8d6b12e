# SPDX-License-Identifier: Apache-2.0
"""Where a command runs: host, remote machine or guest. Starts it there and bounds its time."""
import contextlib
import json
import os
import select
import subprocess
import time
from dataclasses import dataclass

from .account import Account

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


class MeasureFailed(Exception):
    """One sample is not to be had; its text is the reason that the report shows."""


@dataclass(frozen=True)
class Place:
    prefix: tuple[str, ...] = ()  # what goes before each command to bring it here
    account: Account | None = None  # who runs the command; None: whoever we are

    def start(self, command: list, **popen) -> subprocess.Popen:
        if self.account:
            popen |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        environment = {"PATH": PATH, "HOME": "/tmp", "LC_ALL": "C"}
        return subprocess.Popen([*self.prefix, *map(str, command)], cwd="/", env=environment,
                                **popen)

    def run(self, command: list, timeout: float) -> str:
        """Standard output of a command that must succeed within `timeout` seconds."""
        process = self.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        with stopping(process):
            try:
                output, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired as error:
                raise MeasureFailed(f"{command[0]}: not done within {timeout:g} s") from error
        if process.returncode != 0:
            raise MeasureFailed(f"{command[0]}: {_reason(output, errors, process.returncode)}")
        return output

    @contextlib.contextmanager
    def running(self, command: list, until: str, timeout: float = 10):
        """A command that runs beside the block: entered when it has printed `until`; its standard
        input is a pipe that ends with the block."""
        process = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        with stopping(process):
            wait_for_text(process, until, timeout)
            yield process


def _reason(output: str, errors: str, status: int) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return json.loads(output)["error"]  # iperf3 --json tells it there
    lines = (errors or output).strip().splitlines()
    return lines[-1] if lines else f"exit status {status}"


@contextlib.contextmanager
def stopping(process: subprocess.Popen):
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def wait_for_text(process: subprocess.Popen, text: str, timeout: float):
    seen = b""
    end = time.monotonic() + timeout
    while text.encode() not in seen:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise MeasureFailed(f"{process.args[-1]}: not ready within {timeout:g} s")
        more = os.read(process.stdout.fileno(), 4096)
        if not more:
            raise MeasureFailed(f"ended early: {seen.decode(errors='replace').strip()[-200:]}")
        seen += more
