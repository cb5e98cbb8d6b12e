#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shell scripts pass shellcheck."""

import shutil
import subprocess

from support import source_tree, tap


def is_shell_script(path) -> bool:
    if path.suffix in (".sh", ".bats"):
        return True
    with path.open("rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and (b"bash" in first or first.rstrip().endswith(b"/sh"))


def check(path) -> None:
    if not shutil.which("shellcheck"):
        tap.skip("shellcheck is not installed")
    result = subprocess.run(
        ["shellcheck", "--external-sources", "--source-path=SCRIPTDIR/..:SCRIPTDIR", str(path)],
        cwd=source_tree.ROOT, capture_output=True, text=True, check=False)
    tap.true(result.returncode == 0, result.stdout + result.stderr)


for script in filter(is_shell_script, source_tree.files()):
    tap.case(f"{source_tree.name(script)} passes shellcheck")(lambda script=script: check(script))

tap.main()
