#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The installed programs are built with what makes a mistake in memory harder to use."""

import json
import os
import pathlib
import platform
import re
import shutil
import subprocess

from support import tap

BUILD = pathlib.Path(os.environ["BUILD_ROOT"])
OPTIONS = {option["name"]: option["value"]
           for option in json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())}
INSTALLED = json.loads((BUILD / "meson-info/intro-installed.json").read_text())
PROGRAMS = [pathlib.Path(built) for built, place in INSTALLED.items()
            if re.search(r"/(s?bin|libexec/netns-run)/[^/]+$", place)]
# Calls no function that could be checked: text and GDBus only.
NOTHING_TO_FORTIFY = {"netns-scope"}


def shown(program: pathlib.Path, *options: str) -> str:
    if not shutil.which("readelf"):
        tap.skip("readelf is not installed")
    result = subprocess.run(["readelf", "--wide", *options, str(program)], capture_output=True,
                            text=True, env=os.environ | {"LC_ALL": "C"}, check=True)
    return result.stdout


def imported(program: pathlib.Path) -> set[str]:
    """Functions that it takes from shared libraries."""
    symbols = shown(program, "--dyn-syms").splitlines()
    return {line.split()[7].partition("@")[0] for line in symbols if " UND " in line
            and len(line.split()) > 7}


def segment(program: pathlib.Path, name: str) -> str:
    lines = [line for line in shown(program, "--segments").splitlines() if line.split()[:1] == [name]]
    tap.equal(len(lines), 1, f"segments {name}")
    return lines[0]


def unfit_for_fortification() -> str | None:
    if OPTIONS["b_sanitize"] != "none":
        return "a sanitizer build checks by itself"
    if OPTIONS["optimization"] == "0":
        return "a build without optimisation has no fortified functions"
    return None


def check_position(program: pathlib.Path) -> None:
    tap.contains(shown(program, "--file-header"), "Type:                              DYN")
    dynamic = shown(program, "--dynamic")
    tap.true(re.search(r"\(FLAGS_1\).*\bPIE\b", dynamic), dynamic)
    tap.lacks(dynamic, "TEXTREL", "(RPATH)", "(RUNPATH)")


def check_relocations(program: pathlib.Path) -> None:
    segment(program, "GNU_RELRO")
    tap.true(re.search(r"\(FLAGS_1\).*\bNOW\b", shown(program, "--dynamic")), "not BIND_NOW")


def check_stack(program: pathlib.Path) -> None:
    tap.equal(segment(program, "GNU_STACK").split()[-2], "RW")
    tap.true("__stack_chk_fail" in imported(program), "no stack protector")


def check_fortification(program: pathlib.Path) -> None:
    reason = unfit_for_fortification()
    if reason:
        tap.skip(reason)
    checked = {name for name in imported(program) if re.fullmatch(r"__\w+_chk", name)}
    tap.true(checked, "it calls no fortified function")


CHECKS = {
    "can be loaded anywhere and says where to find nothing": check_position,
    "is bound before it starts, and read-only then": check_relocations,
    "has a stack that is not executed and is looked at before a function returns": check_stack,
    "calls fortified functions": check_fortification,
}
for path in PROGRAMS:
    for claim, check in CHECKS.items():
        if check is check_fortification and path.name in NOTHING_TO_FORTIFY:
            continue
        tap.case(f"{path.name} {claim}")(lambda path=path, check=check: check(path))


@tap.case("the programs are installed, and were looked at")
def _():
    tap.true({"netns-ctl", "netns-run", "netns-scope", "netns-slirp"} <= {path.name for path in PROGRAMS},
             str(PROGRAMS))


# A binary does not show everything; and the mark for protected branches is in none that is linked
# with start-up code without it, as Debian's.
@tap.case("every source of the programs is compiled with these options")
def _():
    branches = {"x86_64": "-fcf-protection", "aarch64": "-mbranch-protection=standard"}
    wanted = ["-fstack-protector-strong"]
    if platform.machine() in branches:
        wanted += ["-fstack-clash-protection", branches[platform.machine()]]
    if not unfit_for_fortification():
        wanted.append("-D_FORTIFY_SOURCE=3")
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    sources = [c for c in commands if re.match(r"(\.\./)?(src|launcher)/", c["file"])]
    tap.true(len(sources) > 50, f"found {len(sources)} sources")
    for command in sources:
        missing = [option for option in wanted if option not in command["command"].split()]
        tap.equal(missing, [], command["file"])


tap.main()
