#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The sources look as .clang-format says; `clang-format -i FILE` mends a finding."""

import shutil
import subprocess

from support import source_tree, tap


def check(folder: str) -> None:
    if not shutil.which("clang-format"):
        tap.skip("clang-format is not installed")
    sources = source_tree.with_suffix(".hh", ".cc", below=(folder,))
    if not sources:
        tap.skip("no sources yet")
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", *map(str, sources)],
                            capture_output=True, text=True, check=False)
    wrong = [line for line in result.stderr.splitlines() if "error:" in line]
    tap.true(result.returncode == 0, "\n".join(wrong))


for name in ("src", "include", "launcher", "tests", "benchmarks"):
    tap.case(f"{name}/ is formatted")(lambda name=name: check(name))


@tap.case("every source file names its licence")
def _():
    unnamed = [
        source_tree.name(p) for p in source_tree.with_suffix(".hh", ".cc", ".py")
        if "SPDX-License-Identifier: Apache-2.0" not in p.read_text()[:200]
    ]
    tap.equal(unnamed, [])


tap.main()
