#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A helper that dies is followed by another one: same ports, new connections, the command untouched.

The helper is killed by its id; what must hold afterwards is waited for, never timed."""

import os
import pathlib
import random
import signal
import stat
import subprocess

from support import host, process, tap, waiting
from support.api import ask
from support.guest_shell import GuestShell
from support.helper import helper_of, helpers_of

API = "/tmp/api.sock"
ROUNDS = 5
# Longer than a helper has to live so that its death does not count towards the limit.
LIFE_SECONDS = 0.8
PEER = " ".join(process.PEER)

remote = host.Remote()


def kill_helper(running: process.Process, number: int = signal.SIGKILL) -> int:
    """The id of the helper that follows."""
    helper = helper_of(running)
    os.kill(helper, number)
    return helper_of(running, but=helper)


def add_port(host_port: int, guest_port: int) -> int:
    answer = ask(API, {"execute": "add_hostfwd", "arguments": {
        "proto": "tcp", "host_addr": "127.0.0.1", "host_port": host_port,
        "guest_port": guest_port}})
    return answer["return"]["id"]


def listed() -> dict[int, int]:
    """Host ports by their ids, as far as the API answers already."""
    try:
        entries = ask(API, {"execute": "list_hostfwd"})["return"]["entries"]
    except (FileNotFoundError, ConnectionError):
        return {}
    return {entry["id"]: entry["host_port"] for entry in entries}


def serves(address: str, port: int, inside: int | None = None) -> None:
    """Sooner or later: the kernel refuses while no helper listens."""
    def answer() -> bool:
        client = process.peer("tcp-echo-ask", address, port, inside=inside)
        return client.wait().out == "there and back\n"

    waiting.until(answer, f"an answer of {address} port {port}")


def command_of(running: process.Process) -> set[int]:
    """The init of the command, and all below it."""
    found, queue = set(), [running.pid]
    while queue:
        pid = queue.pop()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        queue += [int(child) for child in children if int(child) not in helpers_of(running)]
        found.add(pid)
    return found - {running.pid}


def says_times(running: process.Process, text: str, count: int) -> None:
    waiting.until(lambda: (running.out + running.err).count(text) >= count,
                  lambda: f"{count} times {text!r} in {running.out[-900:]!r} {running.err[-900:]!r}")


@tap.case("SIGKILL every second under load: ports, the API and the way out come back, the command "
          "stays", seconds=280)
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    process.peer("tcp-source", "", 7001, 400_000_000, inside=remote.pid)
    load = f"while :; do {PEER} tcp-fetch {remote.v4} 7001; done >/dev/null 2>&1"
    shell = GuestShell("-p", "8080:80", "--api-socket", API)
    running = shell.process
    shell.runs(f"{PEER} tcp-echo '' 80 >/tmp/served 2>&1 & {load} &")
    serves("127.0.0.1", 8080)
    tap.equal(add_port(8081, 80), 3)  # 8080 is two, 0.0.0.0 and [::]
    command = shell.runs("echo $$")
    init = min(command_of(running))
    for number in range(1, ROUNDS + 1):
        kill_helper(running)
        says_times(running, "the network helper ended (killed by signal 9)", number)
        for address, port in (("127.0.0.1", 8080), ("::1", 8080), ("127.0.0.1", 8081)):
            serves(address, port)
        serves(remote.host_v4, 8080, inside=remote.pid)
        tap.equal(listed(), {1: 8080, 2: 8080, 3: 8081}, f"forwards of round {number}")
        mode = os.stat(API).st_mode
        tap.true(stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600, f"the API socket's {mode:o}")
        for address in (remote.v4, remote.v6):
            tap.contains(shell.runs(f"{PEER} tcp-echo-ask {address} 7000"), "there and back")
        tap.equal(shell.runs("echo $$"), command)
        tap.true(init in command_of(running), "the command's init is another")
        waiting.pause(LIFE_SECONDS)
    tap.equal(running.err.count("\n"), ROUNDS, f"lines in {running.err!r}")
    os.unlink("/tmp/served")


@tap.case("what the API has changed stays changed, and no id is given twice")
def _():
    process.start_netns_run("-p", "127.0.0.1:8080:80", "--api-socket", API, "--", "sh", "-c",
                            "echo up; exec sleep 60").says("up")
    running = host.of_this_case[-1]
    tap.equal([add_port(8081, 80), add_port(8082, 80)], [2, 3])
    for number in (1, 3):
        tap.equal(ask(API, {"execute": "remove_hostfwd", "arguments": {"id": number}}),
                  {"return": {}})
    for _ in range(2):
        kill_helper(running)
        waiting.until(lambda: listed() == {2: 8081}, lambda: f"the one that is left: {listed()}")
    tap.equal(add_port(8080, 80), 4)


def resets(*options: str, are_seen_outside: bool = True) -> None:
    """Connections in all directions, each with nothing under way: nobody would notice."""
    echo = process.peer("tcp-echo", "", 7000, inside=remote.pid)
    ways_out = " ".join(f"{PEER} tcp-wait {address} 7000 &" for address in (remote.v4, remote.v6))
    running = process.start_netns_run(*options, "-p", "8080:80", "--", "sh", "-c",
                                      f"{PEER} tcp-echo '' 80 & {ways_out} exec sleep 60")
    says_times(running, "listening", 1)
    clients = [process.peer("tcp-wait", address, 8080, inside=inside)
               for address, inside in (("127.0.0.1", None), ("::1", None),
                                       (remote.host_v4, remote.pid), (remote.host_v6, remote.pid))]
    for client in clients:
        client.says("connected")
    says_times(running, "client", len(clients))
    says_times(running, "connected", 2)
    says_times(echo, "client", 2)
    kill_helper(running)
    # The guest's clients see the errno, its server says "ended by" it.
    says_times(running, "ECONNRESET", 2 + len(clients))
    if are_seen_outside:
        for client in clients:
            client.says("ECONNRESET")
        says_times(echo, "ended by ECONNRESET", 2)


@tap.case("connections that wait in silence are reset on both sides, IPv4 and IPv6, in and out")
def _():
    resets()


@tap.case("a sender is reset, too")
def _():
    sink = process.peer("tcp-sink", "", 7002, inside=remote.pid)
    running = process.start_netns_run("--", *process.PEER, "tcp-send", remote.v4, 7002, 1 << 40)
    sink.says("client")
    os.kill(helper_of(running), signal.SIGKILL)
    tap.contains(running.says("ConnectionResetError").err, "ConnectionResetError")
    sink.says("ended by ECONNRESET")


def a_helper(script: str) -> dict[str, str]:
    """The environment in which netns-run's first helper is the real one, and any later one does
    `script` before."""
    folder = host.folder_for_files("healing")
    program = folder / "netns-slirp"
    program.write_text(f"#!/bin/sh\nmkdir {folder}/first 2>/dev/null || {{ {script}; }}\n"
                       f'exec {process.NETNS_SLIRP} "$@"\n')
    program.chmod(0o755)
    return {"NETNS_SLIRP": str(program)}


@tap.case("a helper that dies again and again is given up: told once, the command goes on offline")
def _():
    running = process.start_netns_run("--", "sh", "-c", "echo up; read x; ip link; exit 6",
                                      stdin=subprocess.PIPE, env=a_helper("exit 3")).says("up")
    os.kill(helper_of(running), signal.SIGKILL)
    running.says("offline")
    tap.contains(running.err, "netns-run: the network helper ended 6 times in a row (exit status 3): "
                 "the command goes on offline\n")
    tap.equal(running.err.count("offline"), 1)
    for line in running.err.splitlines():
        tap.contains(line, "the network helper ended ")
    running.stdin.write(b"\n")
    running.stdin.flush()
    result = running.wait()
    tap.equal(result.status, 6)
    tap.true("tap0" not in result.out, f"the device is still there: {result.out}")


@tap.case("what the guest began while there was no helper is answered; a port that somebody else took "
          "meanwhile is named, the others are served")
def _():
    go = host.BASE / "healing/go"
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    environment = a_helper(f"while [ ! -e {go} ]; do sleep 0.02; done")
    script = f"{PEER} tcp-echo '' 80 & read x; {PEER} tcp-echo-ask {remote.v4} 7000; sleep 60"
    running = process.start_netns_run("-p", "127.0.0.1:8080-8081:80-81", "-p", "127.0.0.1:8082:80",
                                      "--", "sh", "-c", script, stdin=subprocess.PIPE,
                                      env=environment).says("listening")
    os.kill(helper_of(running), signal.SIGKILL)
    running.says("another one starts")
    process.peer("tcp-echo", "127.0.0.1", 8081)
    running.stdin.write(b"\n")
    running.stdin.flush()
    waiting.until(lambda: "SYN-SENT" in host.root("nsenter", f"--net=/proc/{max(command_of(running))}"
                                                  "/ns/net", "ss", "--tcp", "--no-header", "--numeric"),
                  "the guest's attempt")
    go.touch()
    running.says("cannot publish again TCP port 127.0.0.1:8081: Address already in use")
    for port in (8080, 8082):
        serves("127.0.0.1", port)
    running.says("there and back")


@tap.case("a helper that is asked to end is followed as well")
def _():
    running = process.start_netns_run("--", "sh", "-c", "echo up; exec sleep 60").says("up")
    kill_helper(running, signal.SIGTERM)
    running.says("the network helper ended (exit status 0)")


@tap.case("the end of the command is no death of the helper")
def _():
    for options in ((), ("--share-pid",)):
        for _ in range(10):
            result = process.netns_run(*options, "--", "sh", "-c", "exit 4")
            tap.equal((result.status, result.err), (4, ""), options)


@tap.case("the command gets no descriptor, also after a restart")
def _():
    shell = GuestShell()
    before = shell.runs("ls -l /proc/$$/fd")
    kill_helper(shell.process)
    shell.process.says("another one starts")
    tap.equal(shell.runs("ls -l /proc/$$/fd").count("\n"), before.count("\n"), before)
    tap.true("tun" not in shell.runs("ls -l /proc/*/fd"), "the TAP is among the guest's descriptors")


@tap.case("with --share-pid dead helpers leave nothing: not even what a dead process is")
def _():
    running = process.start_netns_run("--share-pid", "--", "sh", "-c", "echo up; exec sleep 60")
    running.says("up")
    for _ in range(3):
        kill_helper(running)
        waiting.pause(LIFE_SECONDS)

    def dead() -> list[str]:
        return [line for line in host.root("ps", "-o", "ppid=,stat=", "-e").splitlines()
                if line.split()[0] == str(running.pid) and line.split()[1].startswith("Z")]

    # The last one's may end when nobody looks any more.
    waiting.until(lambda: len(dead()) <= 1, lambda: f"dead: {dead()}")


@tap.case("SIGKILL of netns-run or its init around the helper's death leaves nothing", seconds=240)
def _():
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for number in range(20):
        running = process.start_netns_run("-p", "8080:80", "--api-socket", API, "--", "sh", "-c",
                                          "echo up; exec sleep 60").says("up")
        init = min(command_of(running))
        os.kill(helper_of(running), signal.SIGKILL)
        waiting.pause(chance.uniform(0, 0.06))
        os.kill(init if number % 2 else running.pid, signal.SIGKILL)
        running.wait()

        def left() -> list[str]:
            shown = host.root("ps", "-eo", "args", "--no-headers").splitlines()
            return [line for line in shown if "netns-" in line or "sleep 60" in line]

        waiting.until(lambda: not left() and not os.path.exists(API),
                      lambda: f"seed {seed}: {left()}, {os.listdir('/tmp')}")


@tap.case("with libslirp's TCP, whose host sockets end without a reset, the guest's are reset")
def _():
    resets("--tcp-engine=libslirp", are_seen_outside=False)


tap.main()
