#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Services that listen on the guest's loopback only, published all the same."""

import os
import signal
import socket
import subprocess
from collections.abc import Sequence

from support import host, process, tap, waiting
from support.helper import helper_of
from support.target import Helper, Target

remote = host.Remote()


def guest(*options: str, role: str = "tcp-echo", address: str = "127.0.0.1",
          words: Sequence[object] = ()) -> process.Process:
    return process.guest_server(["-p", "8080:80", *options], role, address, 80, *words)


def answer(address: str, port: int = 8080, inside: int | None = None) -> str:
    return process.peer("tcp-echo-ask", address, port, inside=inside).wait().out


def is_served(*addresses: str, inside: int | None = None) -> None:
    for address in addresses:
        tap.equal((address, answer(address, inside=inside)), (address, "there and back\n"))


def is_reset(*addresses: str, inside: int | None = None) -> None:
    for address in addresses:
        tap.lacks(answer(address, inside=inside), "there and back")


for where in ("127.0.0.1", "::1"):
    @tap.case(f"a service on the guest's {where} is reached by clients of both families")
    def _(where=where):
        guest(address=where)
        is_served("127.0.0.1", "::1", remote.host_v4, remote.host_v6)
        is_served(remote.host_v4, remote.host_v6, inside=remote.pid)


def seen_by(address: str) -> str:
    """As whom a service at this address of the guest sees another machine."""
    running = guest(role="tcp-hello", address=address, words=["hello"])
    shown = process.run(["socat", "-T15", "-u", f"TCP:{remote.host_v4}:8080", "-"],
                        inside=remote.pid)
    running.signal(signal.SIGTERM)
    running.wait()
    return process.succeeds(shown).split()[1]


@tap.case("it sees the loopback address; a service on all addresses sees the client's own, as ever")
def _():
    tap.equal(seen_by("127.0.0.1"), "127.0.0.1")
    tap.equal(seen_by("0.0.0.0"), remote.v4)


@tap.case("a client of the other family is not passed to a service on all addresses as 127.0.0.1")
def _():
    guest(address="0.0.0.0")
    is_served("127.0.0.1")
    is_reset("::1", remote.host_v6)


@tap.case("hundreds of clients at once are all served")
def _():
    guest()
    clients = [socket.create_connection(("127.0.0.1", 8080), 15) for _ in range(400)]
    for client in clients:
        client.sendall(b"x")
    tap.equal({client.recv(1) for client in clients}, {b"x"})


@tap.case("clients of a service that takes nobody leave the others, and -L, their places", 150)
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    peer = " ".join(process.PEER)
    running = process.start_netns_run(
        "-p", "8080:80", "-p", "8081:81", "-L", "7000", "--", "sh", "-c",
        f"{peer} tcp-deaf 127.0.0.1 81 & {peer} tcp-echo 127.0.0.1 80 & "
        f"read go; exec {peer} tcp-echo-ask 127.0.0.1 7000", stdin=subprocess.PIPE)
    waiting.until(lambda: running.out.count("listening") == 2, "two servers")
    # More than there are places.
    left = process.peer("tcp-leave", remote.host_v4, 8081, 4500, inside=remote.pid)
    process.succeeds(left.wait(100))
    # The last of them may be waiting for their sockets still, as many as may.
    waiting.until(lambda: answer("127.0.0.1") == "there and back\n", "a place for others")
    is_served(remote.host_v4)
    running.stdin.write(b"go\n")
    running.stdin.flush()
    running.says("there and back")
    tap.lacks(running.err, "Too many open files")


@tap.case("where nobody listens clients are reset")
def _():
    process.start_netns_run("-p", "8080:80", "--", "sh", "-c", "echo up; exec sleep 60").says("up")
    is_reset("127.0.0.1", "::1")


@tap.case("--no-publish-loopback: refused, as without a service")
def _():
    guest("--no-publish-loopback")
    is_reset("127.0.0.1", "::1", remote.host_v4)


SIZE = 20_000_000 if host.is_sanitized() else 200_000_000


@tap.case("much arrives whole, in")
def _():
    guest(role="tcp-sink")
    count, digest, *heard = process.peer("tcp-send", "127.0.0.1", 8080, SIZE).wait(60).out.split()
    tap.equal(heard, [count, digest])


@tap.case("much arrives whole, out")
def _():
    running = guest(role="tcp-source", address="::1", words=[SIZE])
    heard = process.peer("tcp-fetch", "127.0.0.1", 8080).wait(60).out.strip()
    tap.contains(running.says("sent").out, heard)


@tap.case("connections of a helper that dies are reset, and the next one serves")
def _():
    running = guest()
    with socket.create_connection(("127.0.0.1", 8080), 20) as client:
        client.sendall(b"one\n")
        tap.equal(client.recv(10), b"one\n")
        dead = helper_of(running)
        os.kill(dead, signal.SIGKILL)
        try:
            tap.fail(f"no reset but {client.recv(10)!r}")
        except ConnectionResetError:
            pass
    helper_of(running, but=dead)
    waiting.until(lambda: answer("127.0.0.1") == "there and back\n", "the next helper")


@tap.case("the process inside is killed: one warning, resets, and ports through the TAP go on")
def _():
    if not host.is_really_root():
        tap.skip("only the host's root finds it")
    running = process.start_netns_run(
        "-p", "8080:80", "-p", "8081:81", "--", "sh", "-c",
        f"{' '.join(process.PEER)} tcp-echo 0.0.0.0 81 & exec {' '.join(process.PEER)} tcp-echo "
        "127.0.0.1 80")
    waiting.until(lambda: running.out.count("listening") == 2, "two servers")
    is_served("127.0.0.1")
    helper = helper_of(running)
    with open(f"/proc/{helper}/task/{helper}/children") as children:
        (inside,) = [pid for pid in children.read().split()
                     if open(f"/proc/{pid}/comm").read() == "netns-inside\n"]
    os.kill(int(inside), signal.SIGKILL)
    waiting.until(lambda: "there and back" not in answer("127.0.0.1"), "the end of that port")
    is_reset("127.0.0.1", "127.0.0.1")
    tap.equal(running.err.count("the guest's namespaces"), 1, running.err)
    tap.equal(answer("127.0.0.1", 8081), "there and back\n")


@tap.case("netns-slirp: as slirp4netns by default, with --publish-loopback as netns-run")
def _():
    target = Target()
    target.start(*process.PEER, "tcp-echo", "127.0.0.1", 8000).says("listening")
    for options, expected in (((), ""), (("--publish-loopback",), "there and back\n")):
        helper = Helper(target, "-c", "-p", "8080:8000", *options).ready()
        tap.equal(answer("127.0.0.1"), expected, str(options))
        helper.process.signal(signal.SIGTERM)
        helper.process.wait()


tap.main()
