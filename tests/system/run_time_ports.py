#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-run --api-socket: ports published while the command runs."""

import os

from support import process, tap, waiting
from support.api import ask

API = "/tmp/api.sock"


def running_guest() -> process.Process:
    guest = process.guest_server(["--api-socket", API], "tcp-hello", "0.0.0.0", 80, "hi")
    tap.true(os.path.exists(API), "no API socket")
    return guest


@tap.case("a port is published, listed, removed, and published again")
def _():
    running_guest()
    for number in (1, 2):
        answer = ask(API, {"execute": "add_hostfwd", "arguments": {
            "proto": "tcp", "host_addr": "127.0.0.1", "host_port": 8080, "guest_port": 80}})
        tap.equal(answer, {"return": {"id": number}})
        shown = process.run(["socat", "-T15", "-u", "TCP:127.0.0.1:8080", "-"])
        tap.equal(process.succeeds(shown), "hi 10.0.2.2\n")
        entries = ask(API, {"execute": "list_hostfwd"})["return"]["entries"]
        tap.equal([entry["id"] for entry in entries], [number])
        tap.equal(ask(API, {"execute": "remove_hostfwd", "arguments": {"id": number}}),
                  {"return": {}})


@tap.case("the API socket is gone when netns-run has ended, by the command's end or a signal")
def _():
    for number in (15, 1, 9):
        guest = running_guest()
        guest.signal(number)
        guest.wait()
        waiting.until(lambda: not os.path.exists(API), f"the socket's end after signal {number}")


@tap.case("a path that holds something else is refused, and that is left alone")
def _():
    process.run(["sh", "-c", "echo precious >/tmp/file"])
    result = process.netns_run("--api-socket", "/tmp/file", "--", "true")
    tap.equal(result.status, 125)
    tap.contains(result.err, "/tmp/file")
    tap.equal(process.run(["cat", "/tmp/file"]).out, "precious\n")
    os.unlink("/tmp/file")


@tap.case("a path that cannot be made is named")
def _():
    result = process.netns_run("--api-socket", "/no/such/folder/api", "--", "true")
    tap.equal(result.status, 125)
    tap.contains(result.err, "/no/such/folder/api")


tap.main()
