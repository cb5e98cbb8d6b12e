#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--publish-fallback: a host port that is taken gives way to the next free one, which is told."""

import os
import signal

from support import process, tap, waiting
from support.control import ctl_json
from support.helper import helper_of


def server(name: str, *options: str, role: str = "tcp-hello", port: int = 3000) -> process.Process:
    words = [name] if role == "tcp-hello" else []
    return process.guest_server(["--name", name, "--publish-fallback", *options], role, "", port,
                                *words)


def answer(port: int, address: str = "127.0.0.1") -> str:
    return process.run(["socat", "-T15", "-u", f"TCP:{address}:{port}", "-"]).out.partition(" ")[0]


def ports(name: str) -> dict[int, set[int]]:
    """Host ports by guest ports."""
    found: dict[int, set[int]] = {}
    for entry in ctl_json("port", "list", name):
        found.setdefault(entry["guest_port"], set()).add(entry["host_port"])
    return found


def told(running: process.Process) -> list[str]:
    return [line for line in running.err.splitlines() if "taken" in line]


def moved(asked: int, published: int, protocol: str = "") -> str:
    return f"netns-slirp: {protocol}port {asked} is taken on the host: published as {published}"


@tap.case("a free port stays where it was asked for, and nothing is said")
def _():
    one = server("one", "-p", "3000")
    tap.equal((ports("one"), one.err), ({3000: {3000}}, ""))
    tap.equal(answer(3000), "one")


@tap.case("the same command line runs twice: the second gets the next port of both families, said "
          "once and listed")
def _():
    server("one", "-p", "3000")
    two = server("two", "-p", "3000")
    tap.equal(told(two), [moved(3000, 3001)])
    tap.equal(ports("two"), {3000: {3001}})
    tap.equal([answer(3000), answer(3001), answer(3001, "[::1]")], ["one", "two", "two"])


@tap.case("a third one goes on upwards; a port that is free again is taken by the next")
def _():
    one = server("one", "-p", "3000")
    server("two", "-p", "3000")
    tap.equal(told(server("three", "-p", "3000")), [moved(3000, 3002)])
    one.signal(signal.SIGTERM)
    one.wait()
    tap.equal(ports("three"), {3000: {3002}})
    tap.equal(told(server("four", "-p", "3000")), [])


@tap.case("a port that is taken for one family only moves for both")
def _():
    process.peer("tcp-sink", "::1", 3000)
    one = server("one", "-p", "3000")
    tap.equal((told(one), ports("one")), ([moved(3000, 3001)], {3000: {3001}}))


@tap.case("UDP moves, too, and is called so")
def _():
    process.peer("udp-echo", "127.0.0.1", 5300)
    one = server("one", "-p", "127.0.0.1:5300:3000/udp", role="udp-echo")
    tap.equal((told(one), ports("one")), ([moved(5300, 5301, "UDP ")], {3000: {5301}}))


@tap.case("of a range only what is taken moves, and never onto what another -p asks for")
def _():
    process.peer("tcp-sink", "127.0.0.1", 8001)
    one = server("one", "-p", "127.0.0.1:8000-8002:3000-3002", "-p", "127.0.0.1:8003:3003")
    tap.equal(told(one), [moved(8001, 8004)])
    tap.equal(ports("one"), {3000: {8000}, 3001: {8004}, 3002: {8002}, 3003: {8003}})


@tap.case("one port twice in one command line: the second moves")
def _():
    tap.equal(told(server("one", "-p", "8080:3000", "-p", "8080:3001")), [moved(8080, 8081)])


@tap.case("behind the last port it goes on at 1024")
def _():
    process.peer("tcp-sink", "127.0.0.1", 65535)
    tap.equal(told(server("one", "-p", "127.0.0.1:65535:3000")), [moved(65535, 1024)])


@tap.case("trouble of another kind still ends the start")
def _():
    for rule, text in (("127.0.0.1:80:3000", "port 80 is privileged"),
                       ("198.51.100.7:3000:3000", "assign")):
        result = process.netns_run("--publish-fallback", "-p", rule, "--", "true")
        tap.equal(result.status, 125, result.err)
        tap.contains(result.err, text)


@tap.case("a helper that follows a dead one takes the same port, though the asked one is free now")
def _():
    blocker = server("one", "-p", "3000")
    two = server("two", "-p", "3000")
    blocker.signal(signal.SIGTERM)
    blocker.wait()
    helper = helper_of(two)
    os.kill(helper, signal.SIGKILL)
    helper_of(two, but=helper)
    waiting.until(lambda: answer(3001) == "two", "an answer of the next helper")
    tap.equal((ports("two"), told(two)), ({3000: {3001}}, [moved(3000, 3001)]))


tap.main()
