#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever ends first, nothing is left. Each case ends something in its own way; what must hold
after every case of every file (no process, socket, mount or file more than before) is checked by
support/host.py."""

import os
import pathlib
import random
import signal
import subprocess
import time

from support import process, tap, waiting
from support.helper import helper_of

SERVER = ("-p", "8080:80", "--", *process.PEER, "tcp-echo", "0.0.0.0", "80")


def tree(pid: int) -> dict[int, str]:
    """All descendants of a process, with their names."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                head, _, tail = (entry / "stat").read_text().rpartition(")")
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(int(tail.split()[1]), []).append(
                (int(entry.name), head.partition("(")[2]))
    found, queue = {}, [pid]
    while queue:
        for child, name in parents.get(queue.pop(), []):
            found[child] = name
            queue.append(child)
    return found


def running_server() -> process.Process:
    return process.start_netns_run(*SERVER).says("listening")


def init_of(server: process.Process) -> int:
    """Process 1 of the command's PID namespace."""
    for pid in tree(server.pid):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            # The last number is the innermost one.
            if line.startswith("NSpid:") and line.split()[-1] == "1":
                return pid
    tap.fail(f"no init among {tree(server.pid)}")


def command_line(pid: int) -> bytes:
    """Empty once it has ended, be it a zombie or gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def all_end(pids: list[int]) -> None:
    def alive() -> list[int]:
        return [pid for pid in pids if command_line(pid)]

    waiting.until(lambda: not alive(), lambda: f"{alive()} to end", 10)


@tap.case("what the command leaves in the background ends with it")
def _():
    result = process.netns_run(
        "--", "sh", "-c", "sleep 61 & setsid sleep 62 & (setsid sh -c 'trap \"\" TERM HUP INT; "
        "sleep 63' &) ; nohup sleep 64 >/dev/null 2>&1 & exit 4")
    tap.equal(result.status, 4)


@tap.case("with --share-pid nothing of netns-run's own is left either")
def _():
    tap.equal(process.netns_run("--share-pid", "--", "sh", "-c", "exit 4").status, 4)


@tap.case("what a shell has started before it became netns-run is left alone")
def _():
    for option in ("--share-pid", "--quiet"):
        shown = process.run(["sh", "-c", "sleep 65 & echo $!; "
                             f"exec {process.NETNS_RUN} {option} true"])
        job = int(process.succeeds(shown))
        tap.equal(command_line(job), b"sleep\0" b"65\0", option)
        os.kill(job, signal.SIGKILL)


@tap.case("orphans of the command are collected while it runs")
def _():
    running = process.start_netns_run(
        "--", "sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.01 &); done; sleep 0.5; echo checked; "
        "grep -l '^State:.Z' /proc/[0-9]*/status; echo end")
    running.wait()
    tap.equal(running.out, "checked\nend\n")


@tap.case("SIGKILL of netns-run ends all")
def _():
    server = running_server()
    pids = [server.pid, *tree(server.pid)]
    server.signal(signal.SIGKILL)
    server.wait()
    all_end(pids)


@tap.case("SIGKILL of netns-run ends all, a stopped helper as well")
def _():
    server = running_server()
    pids = [server.pid, *tree(server.pid)]
    os.kill(helper_of(server), signal.SIGSTOP)
    server.signal(signal.SIGKILL)
    server.wait()
    all_end(pids)


@tap.case("SIGKILL of the helper ends what it forked: the processes inside and outside")
def _():
    server = running_server()
    helper = helper_of(server)
    forked = list(tree(helper))
    tap.equal(len(forked), 2, str(forked))
    os.kill(helper, signal.SIGKILL)
    all_end(forked)


@tap.case("SIGKILL of the init ends all; netns-run says so by its status")
def _():
    server = running_server()
    pids = [server.pid, *tree(server.pid)]
    os.kill(init_of(server), signal.SIGKILL)
    tap.true(server.wait().status in (125, 128 + signal.SIGKILL), "the status is another")
    all_end(pids)


@tap.case("SIGKILL of the command ends all: 137")
def _():
    server = process.start_netns_run("-p", "8080:80", "--", "sh", "-c", "echo up; exec sleep 60")
    server.says("up")
    command = [p for p in tree(server.pid) if b"sleep" in command_line(p)]
    os.kill(max(command), signal.SIGKILL)
    tap.equal(server.wait().status, 128 + signal.SIGKILL)


@tap.case("SIGTERM of netns-run ends all")
def _():
    server = running_server()
    pids = [server.pid, *tree(server.pid)]
    server.signal(signal.SIGTERM)
    tap.equal(server.wait().status, 128 + signal.SIGTERM)
    all_end(pids)


@tap.case("SIGKILL of netns-run at any moment of its start ends all", seconds=240)
def _():
    # The seed is in the output, so that a failure can be tried again.
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for _ in range(40):
        running = process.start_netns_run("-p", "8080:80", "--", "sleep", "60")
        time.sleep(chance.uniform(0, 0.15))
        running.signal(signal.SIGKILL)
        running.wait()
        host_is_clean(f"seed {seed}")


@tap.case("SIGKILL of any of its processes at any moment leaves nothing once netns-run has ended",
          seconds=240)
def _():
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for _ in range(30):
        running = process.start_netns_run("-p", "8080:80", "--", "sleep", "60")
        time.sleep(chance.uniform(0, 0.12))
        victims = list(tree(running.pid))
        if victims:
            try:
                os.kill(chance.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        running.signal(signal.SIGTERM)
        running.wait()
        host_is_clean(f"seed {seed}")


def host_is_clean(about: str) -> None:
    def left() -> list[str]:
        shown = process.run(["ps", "-eo", "pid,args", "--no-headers"], user=False).out
        return [line for line in shown.splitlines() if "netns-" in line or "sleep 60" in line]

    waiting.until(lambda: not left(), lambda: f"{about}: {left()}", 10)


@tap.case("a failure of the helper at start leaves nothing, and says why")
def _():
    holder = process.peer("tcp-echo", "127.0.0.1", 8080)
    for _ in range(5):
        tap.equal(process.netns_run("-p", "8080:80", "--", "sleep", "60").status, 125)
    tap.true(holder.is_running(), "the port's owner has ended")


@tap.case("a parent that ends does not take netns-run along: it may be a daemon")
def _():
    said, go = pathlib.Path("/tmp/said"), pathlib.Path("/tmp/go")
    command = f"echo up; while [ ! -e {go} ]; do sleep 0.05; done; echo went-on"
    process.run(["sh", "-c", f"{process.NETNS_RUN} sh -c '{command}' >{said} 2>&1 &"])
    waiting.until(lambda: said.exists() and said.read_text() == "up\n", said.name)
    go.touch()
    waiting.until(lambda: said.read_text() == "up\nwent-on\n", said.read_text)
    said.unlink()
    go.unlink()


tap.main()
