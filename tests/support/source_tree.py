# SPDX-License-Identifier: Apache-2.0
"""The files of the project, for the lint tests."""

import functools
import os
import pathlib
import subprocess

ROOT = pathlib.Path(os.environ.get("SOURCE_ROOT") or pathlib.Path(__file__).parents[2])


@functools.cache
def files() -> tuple[pathlib.Path, ...]:
    """All files of the project: those that git knows or would add; outside a clone, all."""
    # The suites may run as another user than the owner of the clone.
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(
        command + ["--cached", "--others", "--exclude-standard"], capture_output=True, check=False)
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [p for p in ROOT.rglob("*") if not p.relative_to(ROOT).parts[0].startswith("build")]
    return tuple(sorted(p for p in found if p.is_file()))


def with_suffix(*suffixes: str, below: tuple[str, ...] = ()) -> list[pathlib.Path]:
    """Files by ending, all or those below some folders of the project."""
    return [
        path for path in files()
        if path.suffix in suffixes
        and (not below or path.relative_to(ROOT).parts[0] in below)
    ]


def name(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))
