#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-ctl stop: the end of an instance, orderly or by force."""

import pathlib
import signal

from support import control, process, tap, waiting
from support.control import ctl, ctl_json

IGNORES = "trap '' TERM; echo up; while :; do sleep 1; done"
SAYS_GOODBYE = "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done"


@tap.case("the command gets SIGTERM, ends as it likes, and its port is free when stop returns")
def _():
    other = process.start_netns_run("--name", "other", "--", "sh", "-c", IGNORES).says("up")
    guest = process.start_netns_run("--name", "web", "-p", "127.0.0.1:8080:80", "--", "sh", "-c",
                                    SAYS_GOODBYE).says("up")
    tap.equal(process.succeeds(ctl("stop", "web")), "")
    tap.equal((guest.wait().status, guest.out), (5, "up\nbye\n"))
    process.start_netns_run("-p", "127.0.0.1:8080:80", "--", "sh", "-c", "echo up; sleep 60").says("up")
    tap.true(other.is_running(), "the other instance runs on")


@tap.case("who does not end in time is killed with all that it has started")
def _():
    guest = process.start_netns_run("--name", "web", "--", "sh", "-c", "setsid sleep 71 & " + IGNORES
                                    ).says("up")
    tap.equal(ctl_json("stop", "web", "--timeout", "0"), {"name": "web", "killed": True})
    tap.equal(guest.wait().status, -9)
    tap.equal(ctl_json("ps"), [])


@tap.case("a stopped one hears of it, too")
def _():
    guest = process.start_netns_run("--name", "web", "--", "sh", "-c", SAYS_GOODBYE).says("up")
    guest.signal(signal.SIGSTOP)
    waiting.until(lambda: state_of(guest) == "T", "the stop of netns-run")
    tap.equal(ctl_json("stop", "web"), {"name": "web", "killed": False})
    tap.equal((guest.wait().status, guest.out), (5, "up\nbye\n"))


def state_of(one: process.Process) -> str:
    # proc_pid_stat(5): behind the name, which is in brackets
    return pathlib.Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split()[0]


@tap.case("no such instance, another user's, and a wrong command line")
def _():
    stranger = control.squat("three")
    for name in ("nothing", "three"):
        result = ctl("stop", name)
        tap.equal(result.status, 3)
        tap.contains(result.err, f'there is no instance "{name}"')
    stranger.close()
    for words, complaint in ((["stop"], "expected: netns-ctl stop NAME"),
                             (["stop", "web", "--timeout", "1s"], '--timeout "1s": expected a number'),
                             (["ps", "--timeout", "1"], "--timeout is for stop")):
        result = ctl(*words)
        tap.equal(result.status, 2)
        tap.contains(result.err, complaint)


tap.main()
