# SPDX-License-Identifier: Apache-2.0
"""What it takes to run a command in a connected network namespace: time for `true`, and time and
memory for a hundred that run at once.

The baseline is an unconnected namespace: unshare -Urn.
"""
import contextlib
import json
import shutil
import subprocess
import time

from . import helper, peers, world
from .place import MeasureFailed, stopping, wait_for_text

AT_ONCE = 100


def launchers(setting) -> dict[str, list[str]]:
    """What goes before a command, by peer; those that have no launcher are left out."""
    known = {peers.BASELINE: ["unshare", "-Urn"]}
    if "pasta" in setting.options.peers and setting.programs.find("pasta"):
        known["pasta"] = ["pasta", "--quiet", "--ipv4-only", "--config-net",
                          f"--interface={world.UPLINK}", "--"]
    if "ours" in setting.options.peers and setting.programs.find("netns-run"):
        known["ours"] = [setting.programs.find("netns-run")]
    return known


def measured(setting, launcher: list[str]) -> dict:
    times = _milliseconds(setting, [*launcher, "true"])
    return {"launch_ms": sorted(times)[len(times) // 2], "launch_all_ms": times,
            **_at_once(setting, launcher)}


def _at_once(setting, launcher: list[str]) -> dict:
    """All run until they are told to end; memory is each one's share, its command's included."""
    command = [*launcher, "sh", "-c", "echo up; read end"]
    with contextlib.ExitStack() as running:
        start = time.monotonic()
        instances = [running.enter_context(stopping(setting.world.host.start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)))
            for _ in range(AT_ONCE)]
        for instance in instances:
            wait_for_text(instance, "up", 60)
        figures = {"at_once_ms": (time.monotonic() - start) * 1000}
        shares = [helper.memory(instance.pid).pss_mb for instance in instances]
        if None not in shares:
            figures["at_once_mb"] = sum(shares) / AT_ONCE
        for instance in instances:
            instance.stdin.close()
        for instance in instances:
            instance.wait(10)
    return figures


def _milliseconds(setting, command: list[str]) -> list[float]:
    runs = 5 if setting.options.quick else 30
    if shutil.which("hyperfine"):
        return _by_hyperfine(setting, command, runs)
    return [_once(setting, command) for _ in range(runs)]


def _by_hyperfine(setting, command: list[str], runs: int) -> list[float]:
    result = setting.scratch / "hyperfine.json"
    with contextlib.suppress(FileNotFoundError):
        result.unlink()
    setting.world.host.run(["hyperfine", "--shell=none", "--style=none", "--warmup=2",
                            f"--runs={runs}", f"--export-json={result}", " ".join(command)],
                           timeout=60)
    times = json.loads(result.read_text(encoding="utf-8"))["results"][0]["times"]
    return [seconds * 1000 for seconds in times]


def _once(setting, command: list[str]) -> float:
    start = time.monotonic()
    process = setting.world.host.start(command, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if process.wait(10) != 0:
        raise MeasureFailed(f"{command[0]}: exit status {process.returncode}")
    return (time.monotonic() - start) * 1000
