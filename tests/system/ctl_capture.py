#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-ctl capture: what tshark(1) reads is what went by, and no reader holds the traffic."""

import hashlib
import json
import os
import signal
import stat
import subprocess

from support import control, host, process, tap, waiting
from support.control import NETNS_CTL, ctl, ctl_json

remote = host.Remote()
# Longer than a frame, no two pieces alike.
WORDS = b"".join(b"word %06d " % number for number in range(20_000))


def guest(*options: str, script: str = "", name: str = "web") -> process.Process:
    """Runs a Python script for each line of input, and says "done" then."""
    return process.start_netns_run(
        "--name", name, *options, "--", *process.PYTHON, "-c",
        f"import socket, sys, os\nprint('up', flush=True)\nfor line in sys.stdin:\n    {script}\n"
        "    print('done', flush=True)", stdin=subprocess.PIPE).says("up")


def goes(running: process.Process, times: int = 1) -> None:
    before = running.out.count("done")
    running.stdin.write(b"go\n" * times)
    running.stdin.flush()
    waiting.until(lambda: running.out.count("done") == before + times,
                  lambda: f"{running.out[-300:]} {running.err[-1500:]}", 60)


def capturing(path: str, *words: str, name: str = "web", **options) -> process.Process:
    return process.Process([NETNS_CTL, "capture", name, "-w", path, *words],
                           **options).says("Ctrl-C ends it")


def ends(capture: process.Process, number: int = signal.SIGINT) -> str:
    capture.signal(number)
    result = capture.wait()
    tap.equal(result.status, 0, result.err)
    return result.err


def tshark(path: str, *options: str) -> list[str]:
    return process.succeeds(process.run(["tshark", "-r", path, "-o", "ip.check_checksum:TRUE",
                                         *options], user=False, seconds=60)).splitlines()


def fields(path: str, *names: str, display: str = "") -> list[tuple[str, ...]]:
    chosen = [word for name in names for word in ("-e", name)]
    return [tuple(line.split("\t")) for line in
            tshark(path, "-T", "fields", *chosen, *(["-Y", display] if display else []))]


@tap.case("a connection's bytes are in the file, both directions, in order and dated")
def _():
    path = str(host.HOME / "web.pcapng")
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    running = guest(script=f"c = socket.create_connection(('{remote.v4}', 7000)); "
                           f"c.sendall(b''.join(b'word %06d ' % n for n in range(20000))); "
                           f"c.shutdown(1); "
                           f"[None for _ in iter(lambda: c.recv(65536), b'')]; c.close()")
    capture = capturing(path)
    goes(running)
    said = ends(capture)
    tap.contains(said, " 0 dropped")
    count = int(said.split(" frames captured")[0].rpartition(" ")[2])
    seen = fields(path, "frame.packet_flags_direction", "tcp.srcport", "frame.time_epoch")
    tap.equal(len(seen), count)
    times = [float(line[2]) for line in seen]
    tap.equal(times, sorted(times))
    tap.true(len(seen[0][2].split(".")[1]) == 9, f"nanoseconds in {seen[0][2]}")
    for direction, port in (("0x00000002", "tcp.dstport"), ("0x00000001", "tcp.srcport")):
        payload = "".join(line[1] for line in fields(
            path, "frame.packet_flags_direction", "tcp.payload", display=f"{port} == 7000")
            if line[0] == direction).replace(":", "")
        tap.equal(hashlib.sha256(bytes.fromhex(payload)).hexdigest(),
                  hashlib.sha256(WORDS).hexdigest(), f"the payload of direction {direction}")
    tap.equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)


@tap.case("UDP, ping and ARP are there, over IPv6 as well; a filter takes what it says")
def _():
    process.peer("udp-echo", "", 7000, inside=remote.pid)
    ask = ("s = socket.socket({family}, socket.SOCK_DGRAM); s.settimeout(15); "
           "s.sendto(b'question', ('{address}', 7000)); s.recv(100); ")
    running = guest(script=ask.format(family="socket.AF_INET", address=remote.v4) +
                    ask.format(family="socket.AF_INET6", address=remote.v6) +
                    f"os.system('ping -c 1 {remote.v4} >/dev/null')")
    captures = {words: capturing(str(host.HOME / f"{number}.pcapng"), *words.split())
                for number, words in enumerate(
                    ("udp", "icmp", f"host {remote.v6} and port 7000", "tcp"))}
    goes(running)
    for capture in captures.values():
        ends(capture)
    shown = [fields(str(host.HOME / f"{number}.pcapng"), "_ws.col.Protocol", "_ws.col.Source")
             for number in range(4)]
    own = {"10.0.2.100", "fd00::100"}
    tap.equal([line[1] in own for line in shown[0]], [True, False, True, False])
    tap.true({"ICMP"} <= {line[0] for line in shown[1]} <= {"ICMP", "ICMPv6"}, f"{shown[1]}")
    tap.equal([line[1] for line in shown[2]], ["fd00::100", remote.v6])
    tap.equal(shown[3], [])


@tap.case("--count and --seconds end it, on standard output as well, and --json says how much")
def _():
    path = str(host.HOME / "few.pcapng")
    running = guest(script=f"os.system('ping -c 1 {remote.v4} >/dev/null')")
    capture = process.Process([NETNS_CTL, "--json", "capture", "web", "-w", path, "--count", "3",
                               "icmp", "and", "host", remote.v4]).says("Ctrl-C ends it")
    goes(running, 3)
    tap.equal(capture.wait().status, 0)
    tap.equal(json.loads(capture.out), {"frames": 3, "dropped": 0})
    tap.equal(len(tshark(path)), 3)
    piped = process.run(["sh", "-c", '"$1" capture web -w - --seconds 1 | tshark -r -', "sh",
                         NETNS_CTL], user=True, seconds=60)
    tap.equal(piped.status, 0, piped.err)


@tap.case("a reader that stalls holds nobody; what it missed is counted and told")
def _():
    process.peer("tcp-sink", "", 7000, inside=remote.pid)
    running = guest(script=f"c = socket.create_connection(('{remote.v4}', 7000)); "
                           f"[c.sendall(bytes(1 << 20)) for _ in range(32)]; c.close()")
    stalled = capturing("-", stdout=subprocess.PIPE)
    goes(running)  # the pipe is full, and netns-ctl waits for it
    waiting.until(lambda: ctl_json("stats", "web")["capture_dropped"] > 0, "frames are dropped")
    goes(running)
    tap.true(stalled.is_running(), stalled.err)
    # The first signal asks for the rest, which nobody takes; the second is the end.
    waiting.until(lambda: stalled.signal(signal.SIGINT) or not stalled.is_running(), "the end")
    tap.contains(stalled.wait().err, " dropped as they came too fast")
    dead = capturing("-", stdout=subprocess.PIPE)
    dead.signal(signal.SIGKILL)
    dead.wait()
    dropped = ctl_json("stats", "web")["capture_dropped"]
    goes(running)
    tap.equal(ctl_json("stats", "web")["capture_dropped"], dropped)


@tap.case("the end of the instance is the end of the file, which is whole")
def _():
    path = str(host.HOME / "end.pcapng")
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    running = guest(script=f"socket.create_connection(('{remote.v4}', 7000)).close()")
    capture = capturing(path, "tcp")
    goes(running)
    running.stdin.close()
    running.wait()
    tap.equal(capture.wait().status, 0, capture.err)
    tap.true(len(tshark(path)) >= 3, "the connection is in it")


@tap.case("four readers at most, nobody but the user, and never by the API socket")
def _():
    path = str(host.HOME / "api.sock")
    guest("--api-socket", path, script="pass")
    captures = [capturing("/dev/null") for _ in range(4)]
    fifth = ctl("capture", "web", "-w", "/dev/null")
    tap.equal(fifth.status, 1)
    tap.contains(fifth.err, "too many captures")
    ends(captures.pop(), signal.SIGTERM)
    waiting.until(lambda: ctl("capture", "web", "-w", "/dev/null", "--seconds", "0").status == 0,
                  "room for another one")
    asked = process.run(["socat", "-T5", "-", f"UNIX-CONNECT:{path}"], text='{"execute":"capture"}')
    tap.contains(asked.out, "only netns-ctl may capture")
    tap.equal(process.run(control.client("web", "capture"), user=False).out, "")


@tap.case("mistakes are named before anything is written")
def _():
    path = host.HOME / "none.pcapng"
    for words, status, text in (
            (("capture", "web", "-w", path), 3, 'no instance "web"'),
            (("capture", "web"), 2, "capture NAME -w FILE"),
            (("capture", "web", "-w", path, "dst", "port", "80"), 2, '"dst"'),
            (("capture", "web", "-w", path, "--count", "x"), 2, '--count "x"'),
            (("stats", "web", "-w", path), 2, "-w, --count and --seconds are for capture")):
        result = ctl(*words)
        tap.equal((result.status, result.out), (status, ""))
        tap.contains(result.err, text)
    tap.true(not path.exists(), "a file was made")
    guest(script="pass")
    refused = ctl("capture", "web", "-w", "/no/such/folder/file")
    tap.equal(refused.status, 1)
    tap.contains(refused.err, "/no/such/folder/file")


tap.main()
