#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy finds nothing in the programs' sources; .clang-tidy says which checks, and why.

A file is checked again only when it, a header of the project, or the checks have changed: each
clean result leaves a stamp in the build folder.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor

from support import source_tree, tap

BUILD = pathlib.Path(os.environ["BUILD_ROOT"])
STAMPS = BUILD / "tidy-stamps"
ONE_FILE_SECONDS = 300


def common_hash() -> bytes:
    """Of all that every file's result depends on."""
    state = hashlib.sha256()
    headers = source_tree.with_suffix(".hh", below=("src", "include", "launcher"))
    for path in [source_tree.ROOT / ".clang-tidy", *headers]:
        state.update(path.read_bytes())
    return state.digest()


def sources() -> list[pathlib.Path]:
    """The programs' files that the build knows."""
    known = set()
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        known.add((pathlib.Path(entry["directory"]) / entry["file"]).resolve())
    return [p for p in source_tree.with_suffix(".cc", below=("src", "include", "launcher"))
            if p.resolve() in known]


def tidy(path: pathlib.Path, common: bytes) -> str:
    """The findings, or nothing."""
    stamp = STAMPS / hashlib.sha256(common + path.read_bytes() + str(path).encode()).hexdigest()
    if stamp.exists():
        return ""
    result = subprocess.run(
        ["clang-tidy", "--quiet", "--warnings-as-errors=*", "-p", str(BUILD), str(path)],
        capture_output=True, text=True, timeout=ONE_FILE_SECONDS, check=False)
    if result.returncode == 0:
        stamp.touch()
        return ""
    return result.stdout  # standard error counts the warnings that are not ours


def start_all() -> dict[pathlib.Path, Future]:
    if not shutil.which("clang-tidy"):
        return {}
    STAMPS.mkdir(exist_ok=True)
    common = common_hash()
    pool = ThreadPoolExecutor(max_workers=os.cpu_count())
    return {path: pool.submit(tidy, path, common) for path in sources()}


def check(path: pathlib.Path) -> None:
    if path not in running:
        tap.skip("clang-tidy is not installed")
    found = running[path].result()
    tap.true(not found, found)


for source in sources():
    tap.case(f"clang-tidy finds nothing in {source_tree.name(source)}", seconds=1700)(
        lambda source=source: check(source))

running = start_all()
tap.main()
