#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-ctl connections: what is relayed, in which state, how much, and which process has it."""

import pathlib
import subprocess

from support import host, process, tap, waiting
from support.control import ctl, ctl_json

remote = host.Remote()
CROWD = (*process.PYTHON, str(host.SOURCE / "tests/support/crowd.py"))
SHARE = 10 if host.is_sanitized() else 1


def flows(name: str = "web") -> list[dict]:
    return ctl_json("connections", name)["connections"]


def asking_guest(script: str, *options: str) -> process.Process:
    """A guest that runs a Python script, which says "ready" and then waits for its input's end."""
    return process.start_netns_run(
        "--name", "web", *options, "--", *process.PYTHON, "-c",
        "import socket, sys\n" + script + "\nprint('ready', flush=True)\nsys.stdin.read()",
        stdin=subprocess.PIPE).says("ready")


def ends(guest: process.Process) -> None:
    guest.stdin.close()
    guest.wait()


def children(pid: int) -> list[int]:
    listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def runs_python(pid: int, launcher: int) -> None:
    """The process is the command of the instance."""
    tap.equal(pathlib.Path(f"/proc/{pid}/comm").read_text(), "python3\n")
    parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    tap.true(parent in children(launcher), f"{pid} is of the instance")


def seen(found: list[dict], **members: object) -> dict:
    """The only flow with these members."""
    matching = [flow for flow in found if members.items() <= flow.items()]
    tap.equal(len(matching), 1, f"flows with {members} in {found}")
    return matching[0]


@tap.case("a connection of the guest: its state, its bytes, its round trips and its process")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    for address in (remote.v4, remote.v6):
        guest = asking_guest(f"c = socket.create_connection(('{address}', 7000))\n"
                             "c.sendall(bytes(100000))\n"
                             "assert len(c.recv(100000, socket.MSG_WAITALL)) == 100000")
        flow = seen(flows(), proto="tcp", direction="out", remote_addr=address, remote_port=7000)
        tap.equal((flow["state"], flow["bytes_to_host"], flow["bytes_to_guest"], flow["policy"]),
                  ("ESTABLISHED", 100000, 100000, "allowed"))
        for member in ("age_ms", "rtt_us", "guest_rtt_us"):
            tap.true(0 < flow[member] < 60_000_000, f"{member} is {flow[member]}")
        tap.equal(flow["process"], "python3")
        runs_python(flow["pid"], guest.pid)
        lines = process.succeeds(ctl("connections", "web")).splitlines()
        tap.equal(lines[0].split()[:5], ["PROTO", "DIRECTION", "STATE", "GUEST", "REMOTE"])
        tap.contains(lines[1], "ESTABLISHED", f"{address}", "98K", f"python3({flow['pid']})")
        ends(guest)


@tap.case("a client of a published port is one, with its own address")
def _():
    server = process.guest_server(["--name", "web", "-p", "8080:80"], "tcp-sink", "", 80)
    client = process.Process([*CROWD, "open", remote.host_v4, "8080", "1"], user=False,
                             inside=remote.pid, stdin=subprocess.PIPE).says("opened 1")
    waiting.until(lambda: len(flows()) == 1 and flows()[0]["bytes_to_guest"] == 4,
                  lambda: f"the client: {flows()}, {client.err}")
    flow = seen(flows(), proto="tcp", direction="published", guest_addr="10.0.2.100",
                guest_port=80, remote_addr=remote.v4)
    tap.equal((flow["state"], flow["bytes_to_host"]), ("ESTABLISHED", 0))
    runs_python(flow["pid"], server.pid)


@tap.case("UDP sockets that are not connected, dual-stack ones, and pings have their process, too")
def _():
    process.peer("udp-echo", "", 7000, inside=remote.pid)
    ask = "s.settimeout(15)\ns.sendto(b'twelve bytes', (ADDRESS, 7000))\ns.recv(100)"
    for made, address in (
            ("s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", remote.v4),
            ("s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)", f"::ffff:{remote.v4}"),
            ("s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)", remote.v6)):
        guest = asking_guest(f"ADDRESS = '{address}'\n{made}\n{ask}")
        flow = seen(flows(), proto="udp", remote_addr=address.removeprefix("::ffff:"))
        tap.equal((flow["state"], flow["bytes_to_host"], flow["bytes_to_guest"]), (None, 12, 12))
        runs_python(flow["pid"], guest.pid)
        ends(guest)
    guest = process.start_netns_run("--name", "web", "--", "ping", "-i", "0.3", remote.v4)
    waiting.until(lambda: guest.out.count("bytes from") >= 2, lambda: f"pings: {guest.out}")
    flow = seen(flows(), proto="ping", remote_addr=remote.v4)
    tap.true(flow["bytes_to_guest"] >= 2 * 64, f"{flow}")
    if flow["process"] is not None:  # a raw socket of an older ping has no port
        tap.equal(flow["process"], "ping")


@tap.case("with other identities and shared process ids the process is found as well")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    for options in (("--map-root",), ("--share-pid",)):
        guest = asking_guest(f"c = socket.create_connection(('{remote.v4}', 7000))", *options)
        runs_python(seen(flows(), proto="tcp")["pid"], guest.pid)
        ends(guest)


@tap.case("what has ended is no longer there, what is denied is counted")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    asking_guest(f"c = socket.create_connection(('{remote.v4}', 7000))\nc.close()\n"
                 "try: socket.create_connection(('169.254.1.1', 80))\nexcept OSError: pass")
    waiting.until(lambda: flows() == [], lambda: f"the end of the connection: {flows()}")
    tap.equal(ctl_json("connections", "web")["denied_by_policy"], 1)
    tap.contains(process.succeeds(ctl("connections", "web")), "denied by policy so far: 1 packet")


@tap.case("8000 connections are all listed while their traffic goes on", 240)
def _():
    count = 8000 // SHARE
    process.Process([*CROWD, "echo", remote.v4, "7000"], user=False, inside=remote.pid).says(
        "listening")
    process.peer("tcp-echo", "", 7001, inside=remote.pid)
    guest = process.start_netns_run("--name", "web", "--", *CROWD, "open", remote.v4, "7000",
                                    str(count), stdin=subprocess.PIPE)
    guest.says(f"answered {count}\n", 200)
    found = flows()
    tap.equal(len({flow["guest_port"] for flow in found}), count)
    tap.equal({flow["bytes_to_host"] for flow in found}, {4})
    tap.equal({flow["process"] for flow in found}, {"python3"})
    # Asked again and again, no answer gets lost.
    lister = process.Process(["sh", "-c", "while :; do \"$1\" connections web >/dev/null || exit 1; done",
                              "sh", str(process.BUILD / "src/ctl/netns-ctl")])
    guest.stdin.write(b"again\n")
    guest.stdin.flush()
    waiting.until(lambda: guest.out.count(f"answered {count}\n") == 2,
                  lambda: f"answers: {guest.out[-300:]} {guest.err[-500:]}", 200)
    tap.true(lister.is_running(), lister.err)


@tap.case("no such instance is status 3, no name is status 2")
def _():
    tap.equal(ctl("connections", "web").status, 3)
    tap.equal(ctl("connections").status, 2)


tap.main()
