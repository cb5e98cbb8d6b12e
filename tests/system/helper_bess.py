#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-slirp --target-type=bess: a virtual machine's frames over a Unix socket."""

import os
import stat

from support import api, host, process, tap, waiting
from support.target import Target

remote = host.Remote()
PATH = "/tmp/bess.sock"
API = "/tmp/api.sock"


def machine(*options: str, mtu: int = 1500) -> tuple[process.Process, Target, process.Process]:
    """A helper, a namespace whose TAP is joined to it by the socket, and the process that does it."""
    helper = process.Process([process.NETNS_SLIRP, "--target-type=bess", "-m", str(mtu), *options,
                              PATH], end_with=15)
    waiting.until(lambda: os.path.exists(PATH), lambda: f"the socket; {helper.err}")
    tap.equal(stat.S_IMODE(os.stat(PATH).st_mode) & 0o077, 0)
    target = Target()
    wire = target.start(*process.PYTHON, str(host.SOURCE / "tests/support/bess_machine.py"), PATH,
                        mtu).says("connected")
    return helper, target, wire


@tap.case("TCP, UDP and ping from the machine, at both MTUs")
def _():
    for mtu in (1500, 65520):
        helper, target, _ = machine(mtu=mtu)
        process.peer("tcp-echo", remote.v4, mtu, inside=remote.pid)
        process.peer("udp-echo", remote.v4, mtu, inside=remote.pid)
        tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, mtu), "there and back\n")
        target.run(*process.PEER, "udp-ask", remote.v4, mtu, 1000, 5)
        target.run("ping", "-c", "1", "-W", "5", "10.0.2.2")
        helper.signal(15)
        tap.equal(helper.wait(10).status, 0)


@tap.case("10 MB each way arrive as they were sent: segments are cut to the MTU by us")
def _():
    _, target, _ = machine()
    process.peer("tcp-sink", remote.v4, 7000, inside=remote.pid)
    said = target.run(*process.PEER, "tcp-send", remote.v4, 7000, 10_000_000).split()
    tap.equal(said[:2], said[2:])
    server = process.peer("tcp-source", remote.v4, 7001, 10_000_000, inside=remote.pid)
    server.says(f"sent {target.run(*process.PEER, 'tcp-fetch', remote.v4, 7001).strip()}")


@tap.case("a port that is published over the API leads to the machine")
def _():
    _, target, _ = machine("-a", API)
    target.start(*process.PEER, "tcp-hello", "0.0.0.0", 80, "hi").says("listening")
    api.ask(API, {"execute": "add_hostfwd", "arguments": {
        "proto": "tcp", "host_addr": "127.0.0.1", "host_port": 8080, "guest_port": 80}})
    tap.contains(process.succeeds(process.run(["socat", "-T15", "-u", "TCP:127.0.0.1:8080", "-"])),
                 "hi ")


@tap.case("the socket is gone once the machine has connected, and the helper ends with the machine")
def _():
    helper, _, wire = machine()
    tap.true(not os.path.exists(PATH), "the socket is still there")
    wire.signal(9)
    helper.wait(10)


tap.main()
