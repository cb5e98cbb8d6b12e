#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the helper may do once it runs: next to nothing, in each of its processes and threads."""

import os
import pathlib
import signal
import subprocess
import tempfile

from support import host, process, tap, waiting
from support.helper import helper_of
from support.target import Helper, Target

NET_BIND_SERVICE = 1 << 10  # capabilities(7): harmless in a user namespace of one's own
NET_RAW = 1 << 13


def parents() -> dict[int, int]:
    return {int(path.parent.name): int(path.read_text().rpartition(")")[2].split()[1])
            for path in pathlib.Path("/proc").glob("[0-9]*/stat")}


def processes_of_helper(pid: int) -> list[int]:
    """The helper and what it forked."""
    return [pid, *(child for child, parent in parents().items() if parent == pid)]


def statuses(pid: int) -> list[dict[str, str]]:
    """/proc/PID/task/*/status of all processes and threads of a helper."""
    return [
        dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)
        for each in processes_of_helper(pid)
        for path in pathlib.Path(f"/proc/{each}/task").glob("*/status")
    ]


def helpers() -> list[int]:
    """One started as engines do, and one of netns-run's."""
    direct = Helper(Target(), "-c", "--splice", api_path="/tmp/api").ready().process.pid
    process.start_netns_run("--", "sh", "-c", "echo up; exec sleep 60").says("up")
    names = {int(p.parent.name): p.read_text() for p in pathlib.Path("/proc").glob("[0-9]*/comm")}
    named = {pid for pid, name in names.items() if name.strip() == "netns-slirp"}
    by_netns_run = [pid for pid, parent in parents().items()
                    if pid in named - {direct} and parent not in named]
    tap.true(by_netns_run, f"netns-run has no helper among {names}")
    return [direct, *by_netns_run]


def needs_root() -> None:
    if not host.is_really_root():
        tap.skip("only the host's root may look")


@tap.case("no capability but, at most, that to bind low ports; inside, that to bear other addresses")
def _():
    for pid in helpers():
        for status in statuses(pid):
            kept = NET_RAW if status["Name"] == "netns-inside" else NET_BIND_SERVICE
            for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                tap.equal(int(status[kind], 16) & ~kept, 0, f"{status['Name']} {kind}")


@tap.case("a system call filter, in every process and thread")
def _():
    for pid in helpers():
        tap.equal({status["Seccomp"] for status in statuses(pid)}, {"2"})


@tap.case("the bounding set is as empty as the others")
def _():
    for pid in helpers():
        tap.equal({int(s["CapBnd"], 16) & ~NET_BIND_SERVICE for s in statuses(pid)
                   if s["Tgid"] == str(pid)}, {0})


@tap.case("the helper's root is empty: /etc and /run exist, nothing else, and nothing in them")
def _():
    needs_root()
    for pid in helpers():
        root = pathlib.Path(f"/proc/{pid}/root")
        tap.equal(sorted(path.name for path in root.rglob("*")), ["etc", "run"])
        tap.equal(os.readlink(f"/proc/{pid}/cwd"), "/")


@tap.case("the helper has user, mount, IPC and UTS namespaces of its own, and the host's network")
def _():
    needs_root()
    for pid in helpers():
        def is_hosts(kind: str, pid: int = pid) -> bool:
            return os.readlink(f"/proc/{pid}/ns/{kind}") == os.readlink(f"/proc/self/ns/{kind}")
        tap.equal([kind for kind in ("user", "mnt", "ipc", "uts", "net", "pid") if is_hosts(kind)],
                  ["net", "pid"])


@tap.case("no new privileges")
def _():
    for pid in helpers():
        tap.equal({status["NoNewPrivs"] for status in statuses(pid)}, {"1"})


@tap.case("not dumpable: another process of the same user sees neither memory nor files")
def _():
    for pid in helpers():
        for each in processes_of_helper(pid):
            for name in ("environ", "mem", "fd", "maps", "root"):
                result = process.run(["ls" if name == "fd" else "cat", f"/proc/{each}/{name}/"
                                      if name in ("fd", "root") else f"/proc/{each}/{name}"])
                tap.true(result.status != 0, f"{name} of {each} can be read")


@tap.case("the guest's root can neither trace the helper nor read its files")
def _():
    script = ("echo up; read pid; cat /proc/$pid/environ /proc/$pid/maps /proc/$pid/mem | wc -c; "
              "ls /proc/$pid/fd/ | wc -l; echo end")
    running = process.start_netns_run("--map-root", "--share-pid", "--", "sh", "-c", script,
                                      stdin=subprocess.PIPE).says("up")
    names = {int(p.parent.name): p.read_text() for p in pathlib.Path("/proc").glob("[0-9]*/comm")}
    helper = min(pid for pid, name in names.items() if name.strip() == "netns-slirp")
    running.stdin.write(f"{helper}\n".encode())
    running.stdin.flush()
    tap.contains(running.says("end").out, "up\n0\n0\nend")


def inside(*options: str) -> tuple[process.Process, int]:
    """A running netns-run and its process inside."""
    running = process.start_netns_run(*options, "--", "sh", "-c", "echo up; exec sleep 60").says("up")
    (found,) = [each for each in processes_of_helper(helper_of(running))
                if pathlib.Path(f"/proc/{each}/comm").read_text() == "netns-inside\n"]
    return running, found


@tap.case("the process inside is in the guest's user and network namespaces, and no other of it")
def _():
    needs_root()
    running, pid = inside()
    (command,) = [child for child, parent in parents().items()
                  if pathlib.Path(f"/proc/{child}/comm").read_text() == "sleep\n"]

    def shared_with(other: str | int) -> set[str]:
        return {kind for kind in ("user", "net", "mnt", "pid", "ipc", "uts")
                if os.readlink(f"/proc/{pid}/ns/{kind}") == os.readlink(f"/proc/{other}/ns/{kind}")}

    tap.equal(shared_with(command), {"user", "net"}, str(running))
    tap.equal(shared_with("self"), {"pid"})
    root = pathlib.Path(f"/proc/{pid}/root")
    tap.equal(sorted(path.name for path in root.rglob("*")), ["etc", "run"])


@tap.case("the process outside stays in its caller's namespaces, with the host's files")
def _():
    needs_root()
    kinds = ("user", "mnt", "ipc", "uts", "net", "pid")
    for pid in helpers():
        names = {each: pathlib.Path(f"/proc/{each}/comm").read_text() for each in processes_of_helper(pid)}
        (outside,) = [each for each, name in names.items() if each != pid and name != "netns-inside\n"]
        tap.equal([os.readlink(f"/proc/{outside}/ns/{kind}") for kind in kinds],
                  [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds])
        tap.true(os.path.exists(f"/proc/{outside}/root/etc/passwd"), "the host's files")


@tap.case("the process inside ends with a helper that is killed, also when it is stopped itself")
def _():
    for stop in (False, True):
        running, pid = inside()
        if stop:
            os.kill(pid, signal.SIGSTOP)
        running.signal(signal.SIGKILL)
        running.wait()
        waiting.until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), "the end of it")


@tap.case("the process inside has one capability, without splicing none, and a socket pair's end")
def _():
    needs_root()
    for options, kept in ((), NET_RAW), (("--no-splice",), 0):
        running, pid = inside(*options)
        (status,) = statuses(pid)
        tap.equal(status["Seccomp"], "2")
        kinds = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        tap.equal([int(status[kind], 16) for kind in kinds], [0, kept, kept, kept, 0])
        held = [os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()
                if int(link.name) > 2]
        tap.true(len(held) == 1 and held[0].startswith("socket:"), str(held))
        running.signal(signal.SIGTERM)
        running.wait()


@tap.case("descriptors that the caller left open are closed")
def _():
    needs_root()
    with tempfile.TemporaryFile(dir=host.SCRATCH) as file:
        own = os.fstat(file.fileno())
        pid = Helper(Target(), "-c", pass_fds=[file.fileno()]).ready().process.pid
        for each in processes_of_helper(pid):
            for link in pathlib.Path(f"/proc/{each}/fd").iterdir():
                if int(link.name) <= 2:
                    continue  # standard streams are the caller's
                found = link.stat()
                tap.true((found.st_dev, found.st_ino) != (own.st_dev, own.st_ino),
                         f"process {each} holds it as {link.name}")


@tap.case("the helper holds no directory open")
def _():
    needs_root()
    for pid in helpers():
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            tap.true(not link.is_dir(), f"{link.name} is {os.readlink(link)}")


@tap.case("no thread but those that lock-down knew: each has the same rights")
def _():
    for pid in helpers():
        rights = {(s["CapPrm"], s["CapEff"], s["NoNewPrivs"]) for s in statuses(pid)
                  if s["Pid"] == str(pid) or s["Tgid"] == str(pid)}
        tap.equal(len(rights), 1)


tap.main()
