#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Thousands of flows: they all work, what they cost is bounded, and what there is no room for is
refused with a word while the others go on."""

import pathlib
import subprocess

from support import host, process, tap, waiting
from support.helper import helper_of

remote = host.Remote()
CROWD = (*process.PYTHON, str(host.SOURCE / "tests/support/crowd.py"))
SECONDS = 240
SHARE = 10 if host.is_sanitized() else 1

# What the helper takes at rest, with some room (2026-11: 7 MB).
REST_MEGABYTES = 32
# Bytes under way, all flows together (dataplane::TcpRelayConfig::memory_cap_bytes).
CAP_MEGABYTES = 256
# Messages of one kind are limited to one in ten seconds.
FEW = 10


def memory_stays_below(guest: process.Process, megabytes: int) -> None:
    """The most that it ever took."""
    status = pathlib.Path(f"/proc/{helper_of(guest)}/status").read_text()
    peak = next(int(line.split()[1]) // 1024 for line in status.splitlines()
                if line.startswith("VmHWM"))
    print(f"# the helper took {peak} MB")
    if not host.is_sanitized():  # a sanitizer's own memory is many times ours
        tap.true(peak < megabytes, f"{peak} MB, expected less than {megabytes}")


def crowd(role: str, *arguments: object, inside: int | None = None) -> process.Process:
    return process.Process([*CROWD, role, *map(str, arguments)], user=False, inside=inside,
                           stdin=subprocess.PIPE)


def server(role: str, address: str, port: int = 7000) -> process.Process:
    return crowd(role, address, port, inside=remote.pid).says("listening")


def guest(role: str, *arguments: object, options: tuple[str, ...] = ()) -> process.Process:
    return process.start_netns_run(*options, "--", *CROWD, role, *map(str, arguments),
                                   stdin=subprocess.PIPE)


def all_answer_twice(asking: process.Process, count: int) -> None:
    asking.says(f"answered {count}\n", SECONDS)
    asking.stdin.write(b"again\n")
    asking.stdin.flush()
    waiting.until(lambda: asking.out.count(f"answered {count}\n") == 2,
                  lambda: f"answers: {asking.out[-300:]} {asking.err[-500:]}", SECONDS)


@tap.case("8000 connections out of the guest at once", SECONDS)
def _():
    server("echo", remote.v4)
    asking = guest("open", remote.v4, 7000, 8000 // SHARE)
    all_answer_twice(asking, 8000 // SHARE)
    memory_stays_below(asking, 64)


@tap.case("8000 clients of a published port at once", SECONDS)
def _():
    served = guest("echo", "0.0.0.0", 80, options=("-p", "8080:80")).says("listening")
    asking = crowd("open", remote.host_v4, 8080, 8000 // SHARE, inside=remote.pid)
    all_answer_twice(asking, 8000 // SHARE)
    memory_stays_below(served, 64)


@tap.case("2000 connections to a server that reads nothing stay within the memory cap", SECONDS)
def _():
    server("deaf", remote.v4)
    server("echo", remote.v4, 7001)
    command = " ".join(CROWD)
    filling = process.start_netns_run(
        "--", "sh", "-c", f"{command} fill {remote.v4} 7000 {2000 // SHARE}; "
        f"{command} open {remote.v4} 7001 1 </dev/null", stdin=subprocess.PIPE)
    filling.says("filled", SECONDS)
    memory_stays_below(filling, CAP_MEGABYTES + REST_MEGABYTES)
    filling.stdin.write(b"go on\n")
    filling.stdin.flush()
    filling.says("answered 1\n")


@tap.case("2000 clients of a published server that reads nothing stay within the memory cap",
          SECONDS)
def _():
    served = guest("deaf", "0.0.0.0", 80, options=("-p", "8080:80")).says("listening")
    crowd("fill", remote.host_v4, 8080, 2000 // SHARE, inside=remote.pid).says("filled", SECONDS)
    memory_stays_below(served, CAP_MEGABYTES + REST_MEGABYTES)


@tap.case("10,000 UDP sockets of the guest", SECONDS)
def _():
    process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    asking = guest("udp", remote.v4, 7000, 10_000 // SHARE)
    asking.says(f"answered {10_000 // SHARE}\n", SECONDS)
    memory_stays_below(asking, 64)


@tap.case("10,000 UDP clients of a published port", SECONDS)
def _():
    served = process.guest_server(["-p", "5353:53/udp"], "udp-echo", "0.0.0.0", 53)
    asking = crowd("udp", remote.host_v4, 5353, 10_000 // SHARE, inside=remote.pid)
    asking.says(f"answered {10_000 // SHARE}\n", SECONDS)
    memory_stays_below(served, 64)


def with_few_descriptors(*options: str) -> list[str]:
    """300 for each process; the helper needs one for each flow."""
    return ["prlimit", "--nofile=300:300", process.NETNS_RUN, *options]


@tap.case("without descriptors new connections are refused with few words, the others go on",
          SECONDS)
def _():
    server("echo", remote.v4)
    command = " ".join(CROWD) + f" open {remote.v4} 7000 200"
    guest_of_two = process.Process(
        [*with_few_descriptors(), "--", "sh", "-c",
         # The first holds its connections for as long as its input is open.
         f"sleep 300 | {command} >/dev/null & exec {command}"], stdin=subprocess.PIPE)
    guest_of_two.says("opened", SECONDS)
    guest_of_two.says("refused a TCP connection")
    messages = [line for line in guest_of_two.err.splitlines() if "refused a TCP" in line]
    tap.contains(messages[0], "out of sockets", "more refusals since the last message")
    tap.true(len(messages) < FEW, f"{len(messages)} messages for some hundred refusals")
    opened = int(guest_of_two.out.split()[1])
    all_answer_twice(guest_of_two, opened)


@tap.case("without descriptors clients of a published port wait, and are served in the end", SECONDS)
def _():
    served = process.Process([*with_few_descriptors("-p", "8080:80"), "--", *CROWD, "echo",
                              "0.0.0.0", "80"]).says("listening")
    first = crowd("open", remote.host_v4, 8080, 250, inside=remote.pid)
    first.says("answered 250\n", SECONDS)
    second = crowd("open", remote.host_v4, 8080, 200, inside=remote.pid)
    served.says("clients of 0.0.0.0:8080 have to wait", SECONDS)
    tap.true(served.err.count("have to wait") < FEW, served.err)
    first.stdin.close()
    second.says("answered 200\n", SECONDS)


tap.main()
