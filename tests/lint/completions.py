#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The completions of each shell are sound and know every option; those of bash are asked."""

import os
import pathlib
import re
import shutil
import subprocess

from support import tap

BUILD = pathlib.Path(os.environ["BUILD_ROOT"])
PROGRAMS = {"netns-run": "launcher/netns-run", "netns-slirp": "src/helper/netns-slirp",
            "netns-ctl": "src/ctl/netns-ctl"}
PLACES = {"bash": "{}", "zsh": "_{}", "fish": "{}.fish"}
# As bash does it: the words are cut already.
ASK_BASH = """
source "$1"
function=$2
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
"$function"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completion(shell: str, program: str) -> pathlib.Path:
    return BUILD / "packaging/completions" / PLACES[shell].format(program)


def check_options(shell: str, program: str) -> None:
    shown = subprocess.run([BUILD / PROGRAMS[program], "--help"], capture_output=True, text=True,
                           check=True).stdout
    options = set(re.findall(r"--[a-z][a-z0-9-]+", shown))
    tap.true({"--help", "--version"} <= options, f"options of {program}: {options}")
    text = completion(shell, program).read_text()
    form = r"-l {}\s" if shell == "fish" else r"{}(?![a-z0-9-])"
    missing = [option for option in sorted(options) if not re.search(
        form.format(option[2:] if shell == "fish" else option), text)]
    tap.equal(missing, [], "in --help but not completed")


def check_syntax(shell: str, program: str) -> None:
    if not shutil.which(shell):
        tap.skip(f"{shell} is not installed")
    result = subprocess.run([shell, "-n", completion(shell, program)], capture_output=True,
                            text=True, check=False)
    tap.equal((result.returncode, result.stderr), (0, ""))


for name in PROGRAMS:
    for kind in PLACES:
        tap.case(f"{kind} knows every option of {name}")(
            lambda kind=kind, name=name: check_options(kind, name))
        tap.case(f"{kind} can read the completions of {name}")(
            lambda kind=kind, name=name: check_syntax(kind, name))


def completed(*words: str) -> list[str]:
    """What bash offers for the last of the words."""
    result = subprocess.run(
        ["bash", "-c", ASK_BASH, "bash", completion("bash", words[0]),
         "_" + words[0].replace("-", "_"), *words], capture_output=True, text=True, check=True,
        cwd="/")
    tap.equal(result.stderr, "")
    return result.stdout.split()


@tap.case("bash completes the options of a program that begin so")
def _():
    tap.equal(completed("netns-run", "--map"), ["--map-root", "--map-auto"])
    tap.true({"--cidr", "--cidr6"} <= set(completed("netns-slirp", "--ci")), "--ci")
    tap.equal(completed("netns-ctl", "--pr"), ["--prometheus"])


@tap.case("bash completes values by what they are")
def _():
    tap.equal(completed("netns-run", "--tcp-engine", "acc"), ["accelerated"])
    tap.equal(completed("netns-run", "--tcp-engine", "=", "lib"), ["libslirp"])
    tap.equal(completed("netns-slirp", "--netns-type", ""), ["path", "pid", "tapfd"])
    tap.true("/etc" in completed("netns-run", "--api-socket", "/et"), "a path")
    tap.equal(completed("netns-run", "--mtu", ""), [])


@tap.case("bash completes the command of netns-run behind its options, and not our options there")
def _():
    for before in ((), ("--",), ("-p", "8080", ":", "80"), ("--mtu", "=", "1500", "-v"),
                   ("--uid-map", "0", ":", "100000", ":", "65536", "--map-auto"),
                   ("--map-root", "--")):
        tap.true("setsid" in completed("netns-run", *before, "setsi"), before)
    tap.equal(completed("netns-run", "ls", "--map"), [])
    tap.equal(completed("netns-run", "--", "ls", "--map"), [])


@tap.case("bash completes the words of netns-ctl")
def _():
    tap.equal(completed("netns-ctl", ""), ["ps", "port", "connections", "capture", "stats", "top",
                                           "exec", "shell", "stop"])
    tap.equal(completed("netns-ctl", "--json", "p"), ["ps", "port"])
    tap.equal(completed("netns-ctl", "port", "r"), ["rm"])
    tap.equal(completed("netns-ctl", "ps", ""), [])
    for before in ((), ("--",)):
        tap.true("setsid" in completed("netns-ctl", "exec", "web", *before, "setsi"), before)
    tap.equal(completed("netns-ctl", "exec", "web", "ls", "--js"), [])


tap.main()
