#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""-p auto: what the command listens on is published while it does.

That something is not published is seen by what was opened after it and is."""

import os
import signal
import socket
import subprocess

from support import host, process, tap, waiting
from support.control import ctl, ctl_json
from support.helper import helper_of

# The command: opens and closes sockets as it is told, "open tcp 0.0.0.0 3000"; the address "both"
# is [::] for IPv4, too. Says its name to TCP clients, and to UDP clients with what they said.
AGENT = """
import os, selectors, socket, sys
selector, held = selectors.DefaultSelector(), {}

def open_socket(kind, address, port):
    is_v6 = address == "both" or ":" in address
    made = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET,
                         socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_v6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address != "both")
    made.bind(("::" if address == "both" else address, int(port)))
    if kind == "tcp":
        made.listen()
    held[kind, address, port] = made
    selector.register(made, selectors.EVENT_READ)

def close_socket(*words):
    made = held.pop(words)
    selector.unregister(made)
    made.close()

def obey():
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    for order in line.split(";"):
        word, *rest = order.split()
        (open_socket if word == "open" else close_socket)(*rest)
    print("done", line.strip(), flush=True)

def serve(made):
    if made.type == socket.SOCK_STREAM:
        client, _ = made.accept()
        client.sendall(sys.argv[1].encode())
        client.close()
    else:
        text, client = made.recvfrom(100)
        made.sendto(sys.argv[1].encode() + b" " + text, client)

selector.register(0, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        obey() if key.fd == 0 else serve(key.fileobj)
"""


remote = host.Remote()


class Guest:
    def __init__(self, name: str, *options: str):
        self.name = name
        self.process = process.start_netns_run(
            "--name", name, *options, "--", *process.PYTHON, "-c", AGENT, name,
            stdin=subprocess.PIPE).says("ready")

    def does(self, *orders: str) -> None:
        line = ";".join(orders)
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        self.process.says(f"done {line}")

    def opens(self, *sockets: str) -> None:
        self.does(*(f"open {each}" for each in sockets))

    def closes(self, *sockets: str) -> None:
        self.does(*(f"close {each}" for each in sockets))

    def published(self) -> set[str]:
        """As "tcp 127.0.0.1 3000", with " for 3001" where the guest has another port."""
        return {f"{each['proto']} {each['host_addr']} {each['host_port']}"
                + (f" for {each['guest_port']}" if each["guest_port"] != each["host_port"] else "")
                for each in ctl_json("port", "list", self.name)}

    def publishes(self, *expected: str) -> None:
        waiting.until(lambda: self.published() == set(expected),
                      lambda: f"{expected}; published: {self.published()} {self.process.err!r}")

    def told(self) -> list[str]:
        return [line for line in self.process.err.splitlines() if "published" in line]


def answer(address: str, port: int) -> str:
    return process.run(["socat", "-T15", "-u", f"TCP:{address}:{port}", "-"]).out


def udp_answer(address: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(15)
        client.sendto(b"ping", (address, port))
        return client.recv(100).decode()


@tap.case("a TCP server of both families appears on the host's loopback, serves, and disappears")
def _():
    guest = Guest("one", "-p", "auto")
    tap.equal(guest.published(), set())
    guest.opens("tcp both 3000")
    guest.publishes("tcp 127.0.0.1 3000", "tcp ::1 3000")
    tap.equal([answer("127.0.0.1", 3000), answer("[::1]", 3000)], ["one", "one"])
    guest.closes("tcp both 3000")
    guest.publishes()
    tap.equal([answer("127.0.0.1", 3000), answer("[::1]", 3000)], ["", ""])
    tap.equal(guest.process.err, "")


@tap.case("a server of one family is published for that one")
def _():
    guest = Guest("one", "-p", "auto")
    guest.opens("tcp 0.0.0.0 3000", "tcp :: 3001", "tcp 10.0.2.100 3002", "tcp fd00::100 3003")
    guest.publishes("tcp 127.0.0.1 3000", "tcp ::1 3001", "tcp 127.0.0.1 3002", "tcp ::1 3003")
    tap.equal([answer("127.0.0.1", 3000), answer("[::1]", 3001), answer("127.0.0.1", 3002),
               answer("[::1]", 3003)], ["one"] * 4)
    guest.opens("tcp :: 3000")
    guest.closes("tcp :: 3001", "tcp 10.0.2.100 3002", "tcp fd00::100 3003")
    guest.publishes("tcp 127.0.0.1 3000", "tcp ::1 3000")


@tap.case("a server on the command's loopback only is for the host's loopback, and for nobody if told so")
def _():
    guest = Guest("one", "-p", "0.0.0.0:auto:3000", "-p", "auto")
    guest.opens("tcp 127.0.0.1 3000", "tcp ::1 3001", "udp 127.0.0.1 3002", "tcp 0.0.0.0 3003")
    guest.publishes("tcp 127.0.0.1 3000", "tcp ::1 3001", "tcp 127.0.0.1 3003")
    tap.equal([answer("127.0.0.1", 3000), answer("[::1]", 3001)], ["one", "one"])
    closed = Guest("two", "-p", "auto", "--no-publish-loopback")
    closed.opens("tcp 127.0.0.1 4000", "tcp 0.0.0.0 4001")
    closed.publishes("tcp 127.0.0.1 4001")


@tap.case("a UDP server appears, answers and disappears; a port that the kernel chose is a client's")
def _():
    guest = Guest("one", "-p", "auto")
    guest.opens("udp 0.0.0.0 0", "udp both 5300")
    guest.publishes("udp 127.0.0.1 5300", "udp ::1 5300")
    tap.equal([udp_answer("127.0.0.1", 5300), udp_answer("::1", 5300)], ["one ping"] * 2)
    guest.closes("udp both 5300")
    guest.publishes()


@tap.case("ports below 1024 and what no rule names are not published, what is left out neither")
def _():
    guest = Guest("one", "-p", "auto:~5000-5009", "-p", "auto:443")
    host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "0")
    guest.opens("tcp 0.0.0.0 80", "tcp 0.0.0.0 443", "tcp 0.0.0.0 5005", "tcp 0.0.0.0 5010")
    guest.publishes("tcp 127.0.0.1 443", "tcp 127.0.0.1 5010")
    host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "1024")


@tap.case("only a range, only a protocol, and not what is left out of it")
def _():
    guest = Guest("one", "-p", "auto:8000-9000,~8080/tcp")
    guest.opens("tcp 0.0.0.0 7999", "tcp 0.0.0.0 8000", "tcp 0.0.0.0 8080", "udp 0.0.0.0 8000",
                "tcp 0.0.0.0 9000", "tcp 0.0.0.0 9001")
    guest.publishes("tcp 127.0.0.1 8000", "tcp 127.0.0.1 9000")


@tap.case("with an address another machine reaches it, without one none does")
def _():
    guest = Guest("one", "-p", "0.0.0.0:auto:3000", "-p", "[::]:auto:3000", "-p", "auto")
    guest.opens("tcp both 3000", "tcp both 4000")
    guest.publishes("tcp 0.0.0.0 3000", "tcp :: 3000", "tcp 127.0.0.1 4000", "tcp ::1 4000")

    def remote_answer(address: str, port: int) -> str:
        return process.run(["socat", "-T15", "-u", f"TCP:{address}:{port}", "-"],
                           inside=remote.pid).out

    tap.equal([remote_answer(remote.host_v4, 3000), remote_answer(f"[{remote.host_v6}]", 3000),
               remote_answer(remote.host_v4, 4000)], ["one", "one", ""])


@tap.case("a port that is taken on the host is told once, and published when it is free again")
def _():
    holder = process.peer("tcp-sink", "127.0.0.1", 3000)
    guest = Guest("one", "-p", "auto")
    guest.opens("tcp both 3000", "tcp 0.0.0.0 3001")
    guest.publishes("tcp 127.0.0.1 3001")
    guest.opens("tcp 0.0.0.0 3002")
    guest.publishes("tcp 127.0.0.1 3001", "tcp 127.0.0.1 3002")
    tap.equal(guest.told(), ["netns-slirp: warning: port 3000 is taken on the host: not published "
                             "(--publish-fallback takes another)"])
    holder.end()
    guest.publishes("tcp 127.0.0.1 3000", "tcp ::1 3000", "tcp 127.0.0.1 3001",
                    "tcp 127.0.0.1 3002")


@tap.case("with --publish-fallback two instances publish port 3000, the second elsewhere, and says so")
def _():
    one, two = (Guest(name, "-p", "auto", "--publish-fallback") for name in ("one", "two"))
    one.opens("tcp both 3000")
    one.publishes("tcp 127.0.0.1 3000", "tcp ::1 3000")
    two.opens("tcp 0.0.0.0 3000", "tcp 0.0.0.0 3001")
    two.publishes("tcp 127.0.0.1 3002 for 3000", "tcp 127.0.0.1 3001")
    tap.equal((one.told(), two.told()),
              ([], ["netns-slirp: port 3000 is taken on the host: published as 3002"]))
    # The other family comes later, and goes to the same port though its own is taken.
    two.opens("tcp :: 3000")
    two.publishes("tcp 127.0.0.1 3002 for 3000", "tcp ::1 3002 for 3000", "tcp 127.0.0.1 3001")
    tap.equal([answer("127.0.0.1", 3000), answer("127.0.0.1", 3002), answer("[::1]", 3002)],
              ["one", "two", "two"])


@tap.case("at most 64 ports at a time, which is told; another one follows when one is free")
def _():
    guest = Guest("one", "-p", "auto")
    first = [f"tcp both {port}" for port in range(4000, 4064)]
    guest.opens(*first)
    waiting.until(lambda: len(guest.published()) == 128, lambda: f"{len(guest.published())} of 128")
    tap.equal(guest.told(), [])
    guest.opens("tcp both 3000", "udp both 4000")
    guest.process.says("published")
    tap.equal(guest.told(), ["netns-slirp: warning: the command listens on more than 64 ports: the "
                             "others are not published"])
    tap.equal(len(guest.published()), 128)
    guest.closes(first[0], first[1])
    waiting.until(lambda: {"tcp 127.0.0.1 3000", "udp ::1 4000"} <= guest.published(), "the others")
    tap.equal(len(guest.published()), 128)


@tap.case("what a -p rule or netns-ctl publishes is left alone")
def _():
    guest = Guest("one", "-p", "8080:3000", "-p", "auto")
    guest.opens("tcp both 3000", "tcp 0.0.0.0 3001")
    rule = {"tcp 0.0.0.0 8080 for 3000", "tcp :: 8080 for 3000"}
    guest.publishes(*rule, "tcp 127.0.0.1 3001")
    process.succeeds(ctl("port", "add", "one", "-p", "127.0.0.1:9000:4000"))
    guest.opens("tcp 0.0.0.0 4000", "tcp 0.0.0.0 4001")
    guest.closes("tcp both 3000", "tcp 0.0.0.0 3001")
    guest.publishes(*rule, "tcp 127.0.0.1 9000 for 4000", "tcp 127.0.0.1 4001")


@tap.case("a service of the host that -L brings is not the command's, and is not published")
def _():
    process.peer("tcp-sink", "127.0.0.1", 5432)
    guest = Guest("one", "-L", "5432", "-p", "auto", "--publish-fallback")
    guest.opens("tcp 0.0.0.0 6000")
    guest.publishes("tcp 127.0.0.1 6000")
    tap.equal(guest.process.err, "")


@tap.case("what netns-ctl removes stays removed until the command listens anew")
def _():
    guest = Guest("one", "-p", "auto")
    guest.opens("tcp 0.0.0.0 3000")
    guest.publishes("tcp 127.0.0.1 3000")
    process.succeeds(ctl("port", "rm", "one", "-p", "127.0.0.1:3000:3000"))
    guest.opens("tcp 0.0.0.0 3001")
    guest.publishes("tcp 127.0.0.1 3001")
    guest.closes("tcp 0.0.0.0 3000", "tcp 0.0.0.0 3001")
    guest.publishes()
    guest.opens("tcp 0.0.0.0 3000")
    guest.publishes("tcp 127.0.0.1 3000")


@tap.case("a helper that follows a dead one has the same ports under the same ids, and goes on")
def _():
    holder = process.peer("tcp-sink", "127.0.0.1", 3000)
    guest = Guest("one", "-p", "auto", "-p", "8080:4000", "--publish-fallback")
    guest.opens("tcp 0.0.0.0 3000", "udp 0.0.0.0 5300")
    rule = {"tcp 0.0.0.0 8080 for 4000", "tcp :: 8080 for 4000"}
    guest.publishes(*rule, "tcp 127.0.0.1 3001 for 3000", "udp 127.0.0.1 5300")
    before = ctl_json("port", "list", "one")
    holder.end()
    helper = helper_of(guest.process)
    os.kill(helper, signal.SIGKILL)
    helper_of(guest.process, but=helper)
    waiting.until(lambda: ctl("port", "list", "one").status == 0, "the next helper's answer")
    tap.equal(ctl_json("port", "list", "one"), before)
    waiting.until(lambda: answer("127.0.0.1", 3001) == "one", "an answer of the server")
    tap.equal(guest.told(), ["netns-slirp: port 3000 is taken on the host: published as 3001"])
    guest.closes("tcp 0.0.0.0 3000")
    guest.opens("tcp 0.0.0.0 3002")
    guest.publishes(*rule, "udp 127.0.0.1 5300", "tcp 127.0.0.1 3002")


@tap.case("without IPv6 only IPv4 is published")
def _():
    guest = Guest("one", "--no-ipv6", "-p", "auto")
    guest.opens("tcp both 3000")
    guest.publishes("tcp 127.0.0.1 3000")
    tap.equal(guest.process.err, "")


for value in ("auto:", "auto:80-", "auto:!80", "localhost:auto", "::1:auto", "auto/sctp", "automatic"):
    @tap.case(f"-p '{value}' is refused, with the option, the value, and what is expected")
    def _(value=value):
        result = process.netns_run("-p", value, "--", "true")
        tap.equal(result.status, 125)
        tap.contains(result.err, "--publish", value, "expected")


@tap.case("netns-slirp by itself has nobody to list the ports, and says so")
def _():
    result = process.run([process.NETNS_SLIRP, "-p", "auto", str(os.getpid())])
    tap.equal(result.status, 1)
    tap.contains(result.err, "auto", "netns-run")


tap.main()
