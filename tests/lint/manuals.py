#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages are sound roff and know the options of the programs."""

import os
import re
import shutil
import subprocess

from support import source_tree, tap

PAGES = [p for p in source_tree.files() if re.fullmatch(r"man/[^/]+\.[1-9]", source_tree.name(p))]
PROGRAMS = {"netns-run": "launcher/netns-run", "netns-slirp": "src/helper/netns-slirp",
            "netns-ctl": "src/ctl/netns-ctl"}


def check_with_man(page) -> None:
    if not shutil.which("man"):
        tap.skip("man is not installed")
    result = subprocess.run(["man", "--warnings", "--local-file", "-Tutf8", "-Z", str(page)],
                            env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
                            capture_output=True, text=True, check=False)
    tap.equal((result.returncode, result.stderr), (0, ""))


def check_with_mandoc(page) -> None:
    if not shutil.which("mandoc"):
        tap.skip("mandoc is not installed")
    result = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)],
                            capture_output=True, text=True, check=False)
    tap.equal(result.stdout, "")


def check_options(page) -> None:
    """Each long option of --help is explained in the page."""
    program = source_tree.pathlib.Path(os.environ["BUILD_ROOT"]) / PROGRAMS.get(page.stem, "-")
    if not program.exists():
        tap.skip(f"{program} is not built")
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    text = page.read_text().replace("\\-", "-")
    missing = [o for o in sorted(set(re.findall(r"--[a-z][a-z0-9-]+", shown))) if o not in text]
    tap.equal(missing, [], "in --help but not in the page")


for manual in PAGES:
    about = source_tree.name(manual)
    tap.case(f"{about} passes man --warnings")(lambda page=manual: check_with_man(page))
    tap.case(f"{about} passes mandoc -Tlint")(lambda page=manual: check_with_mandoc(page))
    tap.case(f"{about} explains every option")(lambda page=manual: check_options(page))


@tap.case("netns-run and netns-slirp have a manual page")
def _():
    tap.true({"netns-run", "netns-slirp"} <= {p.stem for p in PAGES}, f"pages: {PAGES}")


tap.main()
