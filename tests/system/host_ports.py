#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""-L, --host-port: one service of the host on the guest's loopback, and nothing else of the host."""

import os
import signal
import subprocess
from collections.abc import Sequence

from support import host, process, tap, waiting
from support.helper import helper_of
from support.target import Helper, Target

remote = host.Remote()


def asked(*options: str, ports: Sequence[int] = (5432,), addresses: Sequence[str] = ("127.0.0.1",),
          ) -> list[str]:
    """What a client in the guest hears from an echo server at each address and port."""
    peer = " ".join(process.PEER)
    script = "; ".join(f"{peer} tcp-echo-ask {address} {port} 2>/dev/null || echo none"
                       for port in ports for address in addresses)
    return process.in_guest("sh", "-c", script, options=options).splitlines()


@tap.case("-L 5432: on 127.0.0.1 and ::1, with the host's loopback closed otherwise")
def _():
    for port in (5432, 5433):
        process.peer("tcp-echo", "127.0.0.1", port)
    both = ("127.0.0.1", "::1")
    tap.equal(asked("-L", "5432", addresses=both), ["there and back"] * 2)
    tap.equal(asked("-L", "5432", addresses=both, ports=(5433,)), ["none"] * 2)
    tap.equal(asked("-L", "5432", addresses=("10.0.2.2", "10.0.2.100", "fd00::2")), ["none"] * 3)


@tap.case("HOST_PORT:GUEST_PORT, low ones too, ranges, and the long form")
def _():
    for port in (5432, 5433):
        process.peer("tcp-echo", "127.0.0.1", port)
    tap.equal(asked("-L", "5432:80", ports=(80, 5432)), ["there and back", "none"])
    tap.equal(asked("--host-port=5432-5433:7000-7001", ports=(7000, 7001, 7002)),
              ["there and back", "there and back", "none"])


@tap.case("HOST_IP:PORT:GUEST_PORT is that address, IPv4 or IPv6, of the host or beyond")
def _():
    process.peer("tcp-echo", remote.host_v4, 5432)
    process.peer("tcp-echo", remote.v6, 5433, inside=remote.pid)
    tap.equal(asked("-L", f"{remote.host_v4}:5432:7000", "-L", f"[{remote.v6}]:5433:7001",
                    "-L", "5432:7002", ports=(7000, 7001, 7002)),
              ["there and back", "there and back", "none"])


@tap.case("a service that listens on the host's ::1 only")
def _():
    process.peer("tcp-echo", "::1", 5432)
    tap.equal(asked("-L", "5432", addresses=("127.0.0.1", "::1")), ["there and back"] * 2)


@tap.case("a guest without IPv6 has it on 127.0.0.1")
def _():
    process.peer("tcp-echo", "127.0.0.1", 5432)
    tap.equal(asked("-L", "5432", "--no-ipv6"), ["there and back"])


@tap.case("a service that comes later is reached then; without one clients are reset")
def _():
    script = (f"{' '.join(process.PEER)} tcp-wait 127.0.0.1 5432; echo next; read go; "
              f"{' '.join(process.PEER)} tcp-echo-ask 127.0.0.1 5432")
    running = process.start_netns_run("-L", "5432", "--", "sh", "-c", script,
                                      stdin=subprocess.PIPE).says("next")
    tap.contains(running.out, "ECONNRESET")
    process.peer("tcp-echo", "127.0.0.1", 5432)
    running.stdin.write(b"go\n")
    running.stdin.flush()
    running.says("there and back")


@tap.case("much arrives whole, each way")
def _():
    size = 20_000_000 if host.is_sanitized() else 200_000_000
    process.peer("tcp-sink", "127.0.0.1", 5432)
    source = process.peer("tcp-source", "::1", 5433, size)
    sent = process.in_guest(*process.PEER, "tcp-send", "127.0.0.1", "5432", str(size),
                            options=["-L", "5432"], seconds=60).split()
    tap.equal(sent[:2], sent[2:])
    heard = process.in_guest(*process.PEER, "tcp-fetch", "::1", "5433", options=["-L", "5433"],
                             seconds=60).strip()
    source.says(f"sent {heard}")


@tap.case("mistakes are told before anything starts")
def _():
    for rule, message in (("0", "0"), ("5432/udp", "TCP"), ("70000", "70000"), ("", "--host-port"),
                          ("5432:0", "0"), ("0.0.0.0:5432:5432", "0.0.0.0"), ("a:b", "a")):
        result = process.netns_run(f"--host-port={rule}", "--", "true")
        tap.equal(result.status, 125, f"{rule}: {result.err}")
        tap.contains(result.err, "host-port", message)


@tap.case("-p auto leaves it alone: it is not the guest's own")
def _():
    process.peer("tcp-echo", "127.0.0.1", 5432)
    running = process.guest_server(["-L", "5432", "-L", "5432:6543", "-p", "auto"], "tcp-echo", "",
                                   7000)
    waiting.until(lambda: process.peer("tcp-echo-ask", "127.0.0.1", 7000).wait().out,
                  "the guest's own port")
    tap.lacks(running.err, "5432")
    tap.equal(process.peer("tcp-echo-ask", "127.0.0.1", 6543).wait().out, "")


@tap.case("a port that is taken in the guest ends the start, and says which")
def _():
    result = process.netns_run("-L", "5432", "-L", "5433:5432", "--", "true")
    tap.equal(result.status, 125, result.err)
    tap.contains(result.err, "127.0.0.1:5432", "Address already in use")


@tap.case("the command's root destroys its listener: it is closed, with a warning")
def _():
    process.peer("tcp-echo", "127.0.0.1", 5432)
    running = process.start_netns_run(
        "--map-root", "-L", "5432", "--", "sh", "-c",
        "ss -K -tln sport = :5432 >/dev/null; ss -Htln; echo looked; read go; "
        f"exec {' '.join(process.PEER)} connect 127.0.0.1 5432",
        stdin=subprocess.PIPE).says("looked")
    if "5432" in running.out:
        tap.skip("this kernel destroys no sockets (CONFIG_INET_DIAG_DESTROY)")
    for place in ("127.0.0.1:5432", "[::1]:5432"):
        running.says(f"warning: host's service {place} is closed")
    running.stdin.write(b"go\n")
    running.stdin.flush()
    running.says("ECONNREFUSED")


@tap.case("netns-slirp has it too; a port that a program of the guest has is an error")
def _():
    process.peer("tcp-echo", "127.0.0.1", 5432)
    target = Target()
    helper = Helper(target, "-c", "--disable-host-loopback", "-L", "5432:80").ready()
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", "127.0.0.1", "80"), "there and back\n")
    helper.process.signal(signal.SIGTERM)
    helper.process.wait()
    target.start(*process.PEER, "tcp-echo", "127.0.0.1", "80").says("listening")
    result = process.run([process.NETNS_SLIRP, "-c", "-L", "5432:80", str(target.pid), "tap1"])
    tap.true(result.status != 0, "it started")
    tap.contains(result.err, "127.0.0.1:80", "Address already in use")


@tap.case("the helper dies: connections are reset, and the next one has the service again")
def _():
    process.peer("tcp-echo", "127.0.0.1", 5432)
    peer = " ".join(process.PEER)
    running = process.start_netns_run(
        "-L", "5432", "--", "sh", "-c",
        f"{peer} tcp-wait 127.0.0.1 5432; until {peer} tcp-echo-ask 127.0.0.1 5432; do :; done; "
        "sleep 60")
    running.says("connected")
    dead = helper_of(running)
    os.kill(dead, signal.SIGKILL)
    running.says("ECONNRESET").says("there and back")
    tap.true(helper_of(running) != dead, "the same helper")


tap.main()
