#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An accelerated day of a helper with all its processes: connections that end well and badly,
datagrams, names, half-dead peers, forwards that come and go, spliced ones and services of either
loopback among them, a resolv.conf that changes. Afterwards descriptors and
memory are where they were: each flow is a descriptor, so the flow table is too.

With NSRUN_DAY_SECONDS=N the day lasts as long."""

import os
import pathlib
import re
import socket
import time

from support import host, process, resolv_conf, tap, waiting
from support.target import Helper, Target

API = "/tmp/api.sock"
SERVICE = "/tmp/service.sock"
SECONDS = int(os.environ.get("NSRUN_DAY_SECONDS", "40"))
WARM_UP_SECONDS = 10
GUESTS = 4
ON_ALL, ON_LOOPBACK, OF_HOST, OF_SOCKET = 7101, 7102, 7103, 7104  # services
PEER = (*process.PYTHON, str(host.SOURCE / "tests/support/day_peer.py"))
# What the relay's pool keeps for reuse (17 MiB, doc/architecture.md), and what the allocator may have
# in hand at one time and not at another. A long day comes to the former, however long it is.
SLACK_KILOBYTES = 17 * 1024 + 4096


class Figures:
    """Of the helper and the processes inside and outside."""

    def __init__(self, helper: Helper):
        pid = helper.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.pids = [pid, *map(int, children)]

    def descriptors(self) -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids]

    def kilobytes(self) -> list[int]:
        return [int(re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
                for pid in self.pids]

    def threads(self) -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/task")) for pid in self.pids]


def engine_at_work(target: Target, helper: Helper, number: int) -> None:
    """One forward: published, used, listed, removed; and now and then another resolv.conf."""
    port = 8000 + number % 100
    forward = helper.add(proto="tcp", host_addr="127.0.0.1", host_port=port,
                         guest_port=(ON_ALL, ON_LOOPBACK)[number % 2])
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(b"there and back")
        client.shutdown(socket.SHUT_WR)
        tap.equal(b"".join(iter(lambda: client.recv(100), b"")), b"there and back")
    entries = helper.ask({"execute": "list_hostfwd"})["return"]["entries"]
    tap.equal([entry["id"] for entry in entries], [forward])
    tap.equal(helper.ask({"execute": "remove_hostfwd", "arguments": {"id": forward}}),
              {"return": {}})
    if number % 10 == 0:
        for port in (OF_HOST, OF_SOCKET):
            tap.equal(target.run(*process.PEER, "tcp-echo-ask", "127.0.0.1", port), "there and back\n")
    text = f"nameserver 127.0.0.{1 + number % 2}\n# {number}\n"
    if number % 3 == 0:
        resolv_conf.replace_by_rename(text)
    elif number % 3 == 1:
        resolv_conf.set_to(text)


def live(target: Target, helper: Helper, seconds: int, seed: int) -> int:
    """Returns how many forwards came and went."""
    guests = [target.start(*PEER, "guest", "10.0.2.2", "10.0.2.3", seconds, seed + number, number)
              for number in range(GUESTS)]
    rounds = 0
    while any(guest.is_running() for guest in guests):
        engine_at_work(target, helper, rounds)
        rounds += 1
        time.sleep(0.2)
    for guest in guests:
        said = process.succeeds(guest.wait())
        tap.contains(said, "wrong []\n")
        print("# " + said.splitlines()[0])
        host.of_this_case.remove(guest)
    return rounds


@tap.case("after a day descriptors, memory and threads are where they were", SECONDS + 420)
def _():
    process.Process([*PEER, "servers", "127.0.0.1"], user=False).says("listening")
    name_server = str(host.SOURCE / "tests/support/dns_server.py")
    process.Process([*process.PYTHON, name_server, "127.0.0.1", "127.0.0.2"],
                    user=False).says("listening")
    target = Target()
    process.peer("tcp-echo", "127.0.0.1", OF_HOST)
    process.peer("tcp-echo", SERVICE, 0)
    helper = Helper(target, "-c", "--splice", "--publish-loopback", "-L", str(OF_HOST),
                    "-L", f"unix:{SERVICE}:{OF_SOCKET}", api_path=API).ready()
    for address, port in (("0.0.0.0", ON_ALL), ("127.0.0.1", ON_LOOPBACK)):
        target.start(*process.PEER, "tcp-echo", address, port).says("listening")
    figures = Figures(helper)
    live(target, helper, WARM_UP_SECONDS, 1)
    # Connections of the relay that have ended stay for two seconds. A mark that were too high here
    # would only hide a little.
    waiting.pause(4)
    before = (figures.descriptors(), figures.kilobytes(), figures.threads())
    rounds = live(target, helper, SECONDS, 1000)
    print(f"# {SECONDS} s, {rounds} forwards")

    def is_as_before() -> bool:
        return (all(a <= b for a, b in zip(figures.descriptors(), before[0]))
                and figures.threads() == before[2]
                and (host.is_sanitized() or all(a <= b + SLACK_KILOBYTES for a, b in
                                                zip(figures.kilobytes(), before[1]))))

    def now() -> str:
        return (f"descriptors {before[0]} -> {figures.descriptors()}, anonymous memory {before[1]} "
                f"-> {figures.kilobytes()} KB, threads {before[2]} -> {figures.threads()}")

    waiting.until(is_as_before, now, 60)
    print("# " + now())
    tap.equal(helper.ask({"execute": "list_hostfwd"})["return"]["entries"], [])
    os.unlink(SERVICE)
    tap.lacks(helper.process.err, "Sanitizer", "check failed", "have to wait", "refused a TCP")


tap.main()
