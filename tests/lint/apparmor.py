#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The AppArmor profiles are sound, allow what they are for, and lead to the installed programs.

Nothing is loaded: the parser only compiles. Before version 4 it knows neither the abi nor the rule
that the profiles are for; then all the rest of them is compiled, and the whole is reported skipped.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess

from support import source_tree, tap

BUILD = pathlib.Path(os.environ["BUILD_ROOT"])
PROFILES = sorted(path.stem for path in source_tree.files()
                  if source_tree.name(path).startswith("packaging/apparmor/")
                  and path.suffix == ".in")
OPTIONS = {option["name"]: option["value"]
           for option in json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())}
INSTALLED = json.loads((BUILD / "meson-info/intro-installed.json").read_text())
# What AppArmor 4 brought, and what stands for it in 3.
OF_VERSION_4 = {"abi <abi/4.0>,": "abi <abi/3.0>,", "  userns,": ""}


@functools.cache
def parser() -> tuple[str, tuple[int, ...]]:
    """Its path and version."""
    path = shutil.which("apparmor_parser", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        tap.skip("apparmor_parser is not installed (Debian: apparmor)")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    return path, tuple(map(int, re.search(r"version (\d+)\.(\d+)", said).groups()))


def text_of(profile: str) -> str:
    return (BUILD / "packaging/apparmor" / profile).read_text()


def compiled(text: str) -> bytes:
    """The profile as the kernel would get it."""
    result = subprocess.run([parser()[0], "--skip-kernel-load", "--skip-cache", "--stdout"],
                            input=text.encode(), capture_output=True, check=False)
    tap.equal(result.returncode, 0, result.stderr.decode())
    return result.stdout


def check_whole(profile: str) -> None:
    version = parser()[1]
    if version < (4, 0):
        tap.skip(f"apparmor_parser {version[0]}.{version[1]} knows neither abi/4.0 nor userns: "
                 "only the rest is compiled, see the next case")
    tap.contains(compiled(text_of(profile)).decode("latin-1"), profile)


def check_rest(profile: str) -> None:
    text = text_of(profile)
    for line, older in OF_VERSION_4.items():
        tap.equal(text.count(f"\n{line}\n"), 1, line)
        text = text.replace(f"\n{line}\n", f"\n{older}\n")
    tap.contains(compiled(text).decode("latin-1"), profile)


def check_path(profile: str) -> None:
    """Of the program that it is attached to."""
    programs = {pathlib.Path(place) for place in INSTALLED.values()}
    attached = re.search(rf"^profile {profile} (\S+) flags=\(unconfined\) {{$", text_of(profile),
                         re.MULTILINE)
    tap.true(attached, text_of(profile))
    tap.true(pathlib.Path(attached[1]) in programs, f"{attached[1]} is not installed")


def check_installation(profile: str) -> None:
    is_there = f"/etc/apparmor.d/{profile}" in INSTALLED.values()
    tap.equal(is_there, OPTIONS["apparmor"])


for name in PROFILES:
    for claim, check in (("compiles whole", check_whole),
                         ("compiles, but for what AppArmor 4 brought", check_rest),
                         ("is attached to an installed program", check_path),
                         ("is installed when the option says so, and only then",
                          check_installation)):
        tap.case(f"the profile {name} {claim}")(lambda name=name, check=check: check(name))


@tap.case("each program that makes user namespaces has a profile")
def _():
    tap.equal(PROFILES, ["netns-run", "netns-slirp"])


tap.main()
