# SPDX-License-Identifier: Apache-2.0
"""Where the programs are, and their versions.

Ours are copied out of the build tree: the user may not be allowed to look into it.
"""
import shutil
import subprocess
from pathlib import Path

FROM_BUILD = {
    "netns_bench": "benchmarks/throughput/netns_bench",
    "netns-slirp": "src/helper/netns-slirp",
    "netns-run": "launcher/netns-run",
}


class Programs:
    def __init__(self, build: Path, scratch: Path):
        self._folder = scratch / "bin"
        self._folder.mkdir(mode=0o755)
        for name, built in FROM_BUILD.items():
            if (build / built).exists():
                shutil.copy(build / built, self._folder / name)

    def find(self, name: str) -> str | None:
        if name in FROM_BUILD:
            return str(self._folder / name) if (self._folder / name).exists() else None
        return shutil.which(name)

    def knows_option(self, name: str, option: str) -> bool:
        path = self.find(name)
        return path is not None and option in _output([path, "--help"])

    def versions(self) -> dict[str, str]:
        known = {}
        for name in ("iperf3", "slirp4netns", "pasta", "netns-slirp", "netns-run"):
            path = self.find(name)
            lines = _output([path, "--version"]).splitlines() if path else []
            known[name] = lines[0] if lines else "not found"
        if known["pasta"] == "pasta unknown version":  # Debian 12's tells its package only
            known["pasta"] = "pasta " + _output(["dpkg-query", "-W", "-f=${Version}", "passt"])
        return known


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, timeout=10,
                              check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
