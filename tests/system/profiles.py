#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--profile and --print-config: options in a file of the user's."""

import pathlib

from support import host, process, tap

FOLDER = host.HOME / ".config/netns-run"


def profile(name: str, text: str) -> pathlib.Path:
    """The user's home is the test's own."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.toml"
    path.write_text(text)
    return path


def answers(port: int) -> None:
    asked = process.peer("tcp-echo-ask", "127.0.0.1", port).wait()
    tap.equal(asked.out, "there and back\n", asked.err)


@tap.case("a profile publishes, and the command line adds to it")
def _():
    profile("web", 'publish = ["8080:80", "127.0.0.1:8081:80/tcp"]\nhostname = "shop"\n')
    process.start_netns_run("--profile", "web", "-p", "8082:80", "--", "sh", "-c",
                            f"hostname; exec {' '.join(process.PEER)} tcp-echo 0.0.0.0 80"
                            ).says("shop").says("listening")
    for port in (8080, 8081, 8082):
        answers(port)


@tap.case("what --print-config prints is a profile")
def _():
    shown = process.succeeds(process.netns_run("-p", "[::1]:8080:80", "-p", "5353:53/udp", "--map-root",
                                               "--mtu=9000", "--print-config"))
    path = profile("again", shown)
    tap.equal(process.succeeds(process.netns_run(f"--profile={path}", "--print-config")), shown)
    tap.equal(process.succeeds(process.netns_run(
        "--profile", "again", "--", "sh", "-c", "id -u; cat /sys/class/net/tap0/mtu")), "0\n9000\n")


@tap.case("a profile that is not there, or wrong, starts nothing and is named")
def _():
    wrong = profile("wrong", "colour = red\n")
    for name, reason in (("nowhere", f"{FOLDER}/nowhere.toml: No such file or directory"),
                         (str(wrong), "unknown option --colour=red"),
                         (str(FOLDER), "not a regular file")):
        result = process.netns_run("--profile", name, "--", "echo", "ran")
        tap.equal(result.status, 125)
        tap.equal(result.out, "")
        tap.contains(result.err, reason)


tap.main()
