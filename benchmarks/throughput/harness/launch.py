# SPDX-License-Identifier: Apache-2.0
"""How long it takes to run `true` in a connected network namespace.

The baseline is `true` in an unconnected one: unshare -Urn true.
"""
import contextlib
import json
import shutil
import subprocess
import time

from . import peers, world
from .place import MeasureFailed


def commands(setting) -> dict[str, list[str]]:
    """By peer; those that have no launcher of their own are left out."""
    known = {peers.BASELINE: ["unshare", "-Urn", "true"]}
    if "pasta" in setting.options.peers and setting.programs.find("pasta"):
        known["pasta"] = ["pasta", "--quiet", "--ipv4-only", "--config-net",
                          f"--interface={world.UPLINK}", "--", "true"]
    if "ours" in setting.options.peers and setting.programs.find("netns-run"):
        known["ours"] = [setting.programs.find("netns-run"), "true"]
    return known


def milliseconds(setting, command: list[str]) -> list[float]:
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
