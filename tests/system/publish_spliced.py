#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""This host's clients of a published TCP port: seen as the gateway, and not through the TAP."""

import os
import pathlib
import signal
import socket
import subprocess
from collections.abc import Sequence

from support import host, process, tap, waiting
from support.control import ctl_json
from support.helper import helper_of
from support.target import Helper, Target

remote = host.Remote()
GATEWAYS = {"127.0.0.1": "10.0.2.2", "::1": "fd00::2", remote.host_v4: "10.0.2.2",
            remote.host_v6: "fd00::2"}


def guest(*options: str, role: str = "tcp-echo", words: Sequence[object] = ()) -> process.Process:
    return process.guest_server(["--name", "web", "-p", "8080:80", *options], role, "", 80, *words)


def guest_after(preparation: str, *options: str,
                stdin: int = subprocess.DEVNULL) -> process.Process:
    """Its server starts when the shell has done what comes before."""
    script = f"{preparation}; exec {' '.join(process.PEER)} tcp-echo '' 80"
    return process.start_netns_run("--name", "web", "-p", "8080:80", *options, "--", "sh", "-c",
                                   script, stdin=stdin)


def flows() -> list[dict]:
    return ctl_json("connections", "web")["connections"]


def states() -> list[str]:
    return [flow["state"] for flow in flows() if flow["direction"] == "published"]


class Client:
    """Connected, with an answer to its first words."""

    def __init__(self, address: str, source: tuple[str, int] | None = None) -> None:
        self.socket = socket.create_connection((address, 8080), 15, source)
        self.asks("hello")

    def asks(self, words: str) -> None:
        self.socket.sendall(words.encode())
        heard = b""
        while len(heard) < len(words):
            piece = self.socket.recv(100)
            tap.true(piece, "the stream's end")
            heard += piece
        tap.equal(heard.decode(), words)

    def port(self) -> int:
        return self.socket.getsockname()[1]


@tap.case("it is seen as the gateway, under its own port, in each family")
def _():
    running = guest()
    for address, gateway in GATEWAYS.items():
        client = Client(address)
        mapped = gateway if ":" in gateway else f"::ffff:{gateway}"
        running.says(f"client {mapped} {client.port()}")
        flow, = (flow for flow in flows() if flow["remote_port"] == client.port())
        tap.equal((flow["state"], flow["remote_addr"], flow["bytes_to_guest"],
                   flow["bytes_to_host"]), ("SPLICED", gateway, 5, 5))
        client.socket.close()
    waiting.until(lambda: not flows(), "the end of all")


@tap.case("its process in the guest is known")
def _():
    guest()
    client = Client("127.0.0.1")
    flow, = flows()
    tap.equal(pathlib.Path(f"/proc/{flow['pid']}/comm").read_text(), "python3\n")
    client.socket.close()


@tap.case("another machine's client passes the TAP under its own address")
def _():
    running = guest()
    asking = process.peer("tcp-ask-on", remote.host_v4, 8080, inside=remote.pid).says("5")
    running.says(f"client ::ffff:{remote.v4}")
    tap.equal(states(), ["ESTABLISHED"])
    asking.signal(signal.SIGTERM)


@tap.case("--no-splice: the gateway all the same, through the TAP")
def _():
    running = guest("--no-splice")
    client = Client("127.0.0.1")
    running.says(f"client ::ffff:10.0.2.2 {client.port()}")
    tap.equal(states(), ["ESTABLISHED"])
    client.socket.close()


@tap.case("two clients of one port, from two addresses of the host, are two connections")
def _():
    running = guest()
    first = Client("127.0.0.1", ("127.0.0.1", 5000))
    second = Client("127.0.0.1", ("127.0.0.2", 5000))
    running.says("client ::ffff:10.0.2.2 5000")
    tap.equal(states(), ["SPLICED", "SPLICED"])
    ports = [flow["remote_port"] for flow in flows()]
    tap.true(5000 in ports and len(set(ports)) == 2, f"{ports}")
    for client in (second, first):
        client.asks("once more")
        client.socket.close()


@tap.case("much arrives whole, each way, with ends of stream")
def _():
    size = 20_000_000 if host.is_sanitized() else 300_000_000
    running = guest(role="tcp-sink")
    sent = process.peer("tcp-send", "127.0.0.1", 8080, size).wait().out.split()
    tap.equal((sent[:2], len(sent)), (sent[2:], 4))
    running.signal(signal.SIGTERM)
    running.wait()
    running = guest(role="tcp-source", words=[size])
    heard = process.peer("tcp-fetch", "::1", 8080).wait().out.strip()
    running.says(f"sent {heard}")


@tap.case("resets pass, each way")
def _():
    running = guest()
    client = Client("127.0.0.1")
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.socket.close()
    running.says("ended by ECONNRESET")
    client = Client("127.0.0.1")
    running.signal(signal.SIGKILL)
    try:
        tap.equal(client.socket.recv(1), b"")
    except ConnectionResetError:
        pass


@tap.case("where nobody listens it is reset, and reaches the service that comes later")
def _():
    running = guest_after("echo up; read go", stdin=subprocess.PIPE).says("up")
    try:
        with socket.create_connection(("127.0.0.1", 8080), 15) as client:
            tap.equal(client.recv(1), b"", "a refused client heard something")
    except ConnectionResetError:  # perhaps before connect() has returned
        pass
    running.stdin.write(b"go\n")
    running.stdin.flush()
    running.says("listening")
    Client("127.0.0.1").socket.close()


@tap.case("a port may be reused at once, whoever ended the connection before")
def _():
    guest()
    for _ in range(5):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.settimeout(15)
            client.bind(("127.0.0.1", 5001))
            client.connect(("127.0.0.1", 8080))
            client.sendall(b"x")
            tap.equal(client.recv(1), b"x")


@tap.case("after a death of the helper it is so again")
def _():
    running = guest()
    client = Client("127.0.0.1")
    dead = helper_of(running)
    os.kill(dead, signal.SIGKILL)
    try:
        tap.equal(client.socket.recv(1), b"")
    except ConnectionResetError:
        pass
    helper_of(running, but=dead)
    waiting.until(lambda: process.peer("tcp-echo-ask", "127.0.0.1", 8080).wait().out, "the port")
    client = Client("127.0.0.1")
    tap.equal(states(), ["SPLICED"])
    client.socket.close()


@tap.case("without the process inside it passes the TAP")
def _():
    running = guest()
    children = f"/proc/{helper_of(running)}/task/{helper_of(running)}/children"
    inside, = (int(pid) for pid in pathlib.Path(children).read_text().split()
               if pathlib.Path(f"/proc/{pid}/comm").read_text() == "netns-inside\n")
    os.kill(inside, signal.SIGKILL)
    waiting.until(lambda: pathlib.Path(f"/proc/{inside}/stat").read_text().split()[2] == "Z",
                  "the end of the process inside")
    client = Client("127.0.0.1")
    tap.equal(states(), ["ESTABLISHED"])
    client.socket.close()


@tap.case("where the guest has taken the rules away, it passes the TAP")
def _():
    guest_after("ip rule del fwmark 0x6e72756e; ip -6 rule del fwmark 0x6e72756e",
                "--map-root").says("listening")
    client = Client("127.0.0.1")
    tap.equal(states(), ["ESTABLISHED"])
    client.socket.close()


@tap.case("the rules that bring answers back are of the mark only")
def _():
    rules = process.in_guest("sh", "-c", "ip rule; ip -6 rule")
    marked = [line for line in rules.splitlines() if "lookup 1852994926" in line]
    tap.equal([line.partition(":")[2].split() for line in marked],
              [["from", "all", "fwmark", "0x6e72756e", "lookup", "1852994926"]] * 2)
    tap.equal(process.in_guest("sh", "-c", "ip route get 10.0.2.2 | head -1").split()[2], "tap0")


@tap.case("a guest that checks return paths strictly is served, too")
def _():
    guest_after("for each in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 >$each; done",
                "--map-root").says("listening")
    client = Client("127.0.0.1")
    tap.equal(states(), ["SPLICED"])
    client.socket.close()


@tap.case("a namespace that was there before keeps its settings")
def _():
    target = Target()
    before = target.run("sh", "-c", "ip rule; cat /proc/sys/net/ipv4/tcp_fwmark_accept")
    shown = process.netns_run("--netns", str(target.pid), "-p", "8080:80", "--", "sh", "-c",
                              "ip rule; cat /proc/sys/net/ipv4/tcp_fwmark_accept")
    tap.equal(process.succeeds(shown), before)


@tap.case("netns-slirp: as slirp4netns by default, with --splice as netns-run")
def _():
    target = Target()
    server = target.start(*process.PEER, "tcp-echo", "", 8000).says("listening")
    for options, marked in (((), 0), (("--splice",), 1)):
        helper = Helper(target, "-c", "-p", "8080:8000", *options).ready()
        client = Client("127.0.0.1")
        server.says(f"client ::ffff:10.0.2.2 {client.port()}")
        tap.equal(target.run("ip", "rule").count("0x6e72756e"), marked, str(options))
        client.socket.close()
        helper.process.signal(signal.SIGTERM)
        helper.process.wait()


tap.main()
