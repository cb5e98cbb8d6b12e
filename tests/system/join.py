#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--netns: a network namespace that somebody else has made goes online, and offline again."""

import json
import os
import pathlib
import signal

from support import control, host, process, tap, waiting
from support.control import ctl, ctl_json
from support.helper import helper_of
from support.target import Target

remote = host.Remote()
TAP = "tap0"
PORT = ("-p", "127.0.0.1:8080:80")


def interfaces(target: Target) -> list[str]:
    return [link["ifname"] for link in json.loads(target.run("ip", "-json", "link"))]


def is_offline(target: Target) -> None:
    waiting.until(lambda: TAP not in interfaces(target), "the end of the interface")


def connect(word: object, *options: str, **more) -> process.Process:
    """netns-run --netns without a command, once it serves."""
    started = process.start_netns_run("--name", "joined", "--netns", word, *options, **more)
    waiting.until(lambda: not started.is_running() or ctl("port", "list", "joined").status == 0,
                  lambda: f"the instance; it said {started.err!r}")
    tap.true(started.is_running(), f"it ended: {started.err}")
    return started


def detach(*words: object) -> str:
    return process.succeeds(process.netns_run("--detach", *words)).strip()


def stop(name: str = "joined") -> None:
    process.succeeds(ctl("stop", name))
    waiting.until(lambda: name not in control.names(), "the end of the instance")


def reaches_the_world(target: Target) -> None:
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, 7000), "there and back\n")
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v6, 7000), "there and back\n")


class Named:
    """A namespace of "ip netns add", which only root can make."""

    def __init__(self, name: str = "blue") -> None:
        if not host.is_really_root():
            tap.skip("a named namespace takes a real root")
        self.name = name
        self.is_there = True
        host.root("ip", "netns", "add", name)

    def __enter__(self) -> "Named":
        return self

    def __exit__(self, *_) -> None:
        if self.is_there:
            self.delete()
        # What "ip netns" mounts and makes for itself.
        host.root("umount", "/run/netns")
        pathlib.Path("/run/netns").rmdir()

    def delete(self) -> None:
        host.root("ip", "netns", "delete", self.name)
        self.is_there = False

    def run(self, *command: str) -> str:
        return host.root("ip", "netns", "exec", self.name, *map(str, command))


def fetched() -> str:
    """What the server behind PORT says to whoever connects."""
    return process.run(["curl", "--silent", "--http0.9", "127.0.0.1:8080"]).out


def fails(word: object, *parts: str, options: tuple = (), command: tuple = (), **more) -> None:
    result = process.netns_run("--netns", word, *options, *command, **more)
    tap.equal((result.status, result.out), (125, ""), result.err)
    tap.contains(result.err, f'netns-run: --netns "{word}": ' if not options else "netns-run: ", *parts)


@tap.case("by PID: online with published ports until SIGTERM or SIGINT, then as before")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    target = Target()
    before = interfaces(target)
    target.start(*process.PEER, "tcp-hello", "", 80, "inside").says("listening")
    for number in (signal.SIGTERM, signal.SIGINT):
        connection = connect(target.pid, *PORT)
        reaches_the_world(target)
        tap.contains(fetched(), "inside ::ffff:10.0.2.2")
        connection.signal(number)
        tap.equal((connection.wait().status, connection.err), (0, ""))
        is_offline(target)
    tap.equal(interfaces(target), before)


@tap.case("names are resolved at the DNS address; nothing is mounted for anybody")
def _():
    name_server = str(host.SOURCE / "tests/support/dns_server.py")
    process.Process([*process.PYTHON, name_server, "127.0.0.1"], user=False).says("listening")
    target = Target()
    connect(target.pid)
    tap.equal(target.run("dig", "+short", "@10.0.2.3", "www.example.test").strip(), remote.v4)
    tap.equal(target.run("cat", "/etc/resolv.conf"), "nameserver 127.0.0.1\n")


@tap.case("it ends with the process, and when the path is removed")
def _():
    target = Target()
    connection = connect(target.pid)
    target.holder.signal(signal.SIGKILL)
    tap.equal(connection.wait().status, 0)
    if not host.is_really_root():
        return
    with Named() as named:
        connection = process.start_netns_run("--netns", named.name, user=False)
        waiting.until(lambda: TAP in named.run("ip", "link"), "the interface")
        named.delete()
        tap.equal(connection.wait().status, 0)


@tap.case("as root: a namespace of \"ip netns add\", by its name and by its path")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    with Named() as named:
        for word in (named.name, f"/run/netns/{named.name}"):
            connection = process.start_netns_run("--netns", word, user=False)
            ask = [*process.PEER, "tcp-echo-ask", remote.v4, 7000]
            waiting.until(lambda: TAP in named.run("ip", "link") and
                          "default" in named.run("ip", "route"), "the interface")
            tap.equal(named.run(*ask), "there and back\n")
            connection.signal(signal.SIGTERM)
            tap.equal(connection.wait().status, 0)
            waiting.until(lambda: TAP not in named.run("ip", "link"), "the end of the interface")


@tap.case("with a command: its identity and files as ever, the network of others, offline at its end")
def _():
    target = Target()
    options = ("--netns", target.pid)
    tap.equal(process.guest_shell("id -u; readlink /proc/self/ns/net; echo $$", options=options)
              .split()[:2], [str(host.USER_ID), target.run("readlink", "/proc/self/ns/net").strip()])
    is_offline(target)
    shown = process.guest_shell(
        "id -u; cat /etc/resolv.conf; ls /sys/class/net; ip -o link show tap0; ip link set tap0 down; "
        "getent ahosts host.netns.internal", options=[*options, "--map-root"])
    tap.equal(shown.splitlines()[0], "0")
    tap.contains(shown, "nameserver 10.0.2.3", "10.0.2.2", "state UNKNOWN", "\nlo\ntap0\n")
    tap.lacks(shown, "uplink")  # as the host's /sys has it
    is_offline(target)
    tap.equal(process.netns_run(*options, "--", "sh", "-c", "exit 7").status, 7)
    tap.equal(process.netns_run(*options, "--", "no-such-program").status, 127)
    if host.is_really_root():
        with Named() as named:
            tap.equal(process.in_guest("id", "-u", options=["--netns", named.name], user=False), "0\n")


@tap.case("a command serves in a joined namespace, and its SIGTERM is passed on")
def _():
    target = Target()
    server = process.start_netns_run("--netns", target.pid, "-p", "127.0.0.1:8080:8000", "--",
                                     *process.PEER, "tcp-hello", "", 8000, "served").says("listening")
    tap.contains(fetched(), "served")
    server.signal(signal.SIGTERM)
    tap.equal(server.wait().status, 143)
    is_offline(target)


@tap.case("--detach: ready when it returns, listed, stopped by name")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    target = Target()
    target.start(*process.PEER, "tcp-hello", "", 80, "inside").says("listening")
    tap.equal(detach("--name", "joined", "--netns", target.pid, *PORT), "joined")
    tap.contains(fetched(), "inside")
    reaches_the_world(target)
    listed, = ctl_json("ps")
    tap.equal((listed["name"], listed["command"]), ("joined", f"--netns {target.pid}"))
    stop()
    is_offline(target)
    name = detach("--netns", target.pid)
    tap.equal(name, f"run-{ctl_json('ps')[0]['pid']}")
    target.holder.signal(signal.SIGKILL)
    waiting.until(lambda: not control.names(), "the end with the process")


@tap.case("--detach with a command: a session and streams of its own, until it ends or is stopped")
def _():
    show = "ps -o sid= -p $$; readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2"
    run = f"{process.NETNS_RUN} --detach --share-pid -- sh -c '({show}) >&2'"
    # Of a pipe nobody would see the end while the background holds it.
    shown = process.succeeds(process.run(["sh", "-c", f"({run} 2>{host.HOME}/log) | cat"]))
    waiting.until(lambda: not control.names(), "its end")
    log = (host.HOME / "log").read_text().split()
    tap.equal((f"run-{log[0]}\n", log[1:]), (shown, ["/dev/null", "/dev/null", f"{host.HOME}/log"]))
    silent = "test $(readlink /proc/self/fd/2) = /dev/null && touch silent"
    tap.equal(process.succeeds(process.run(
        ["sh", "-c", f"{process.NETNS_RUN} --detach -- sh -c '{silent}' 2>&1 | cat"], cwd=host.HOME))[:4],
        "run-")
    waiting.until((host.HOME / "silent").exists, "the silent command")
    detach("--name", "joined", *PORT, "--", *process.PEER, "tcp-hello", "", 80, "behind")
    waiting.until(lambda: "behind" in fetched(), "the command's server")
    stop()


@tap.case("--detach: what goes wrong is said and is the status, and nothing stays")
def _():
    target = Target()
    process.peer("tcp-echo", "127.0.0.1", 8080)
    for words in (["--netns", target.pid], ["--netns", target.pid, "--", "sleep", "60"]):
        result = process.netns_run("--detach", *PORT, *words)
        tap.equal((result.status, result.out), (125, ""))
        tap.contains(result.err, "cannot publish TCP port 127.0.0.1:8080", "Address already in use")
    for word, status in (("no-such-program", 127), ("/etc/passwd", 126)):
        result = process.netns_run("--detach", "--", word)
        tap.equal((result.status, result.out), (status, ""))
        tap.contains(result.err, f'cannot run "{word}"')
    is_offline(target)
    waiting.until(lambda: not control.names(), "the end of all instances")


@tap.case("who waits for --detach is killed: nothing starts")
def _():
    # Until the name is free again nothing gets ready: the helper waits for what cannot be read.
    target = Target()
    os.mkfifo(host.SCRATCH / "helper", 0o666)
    (host.SCRATCH / "slow").write_text(f"#!/bin/sh\ncat {host.SCRATCH}/helper\nexec {process.NETNS_SLIRP} \"$@\"\n")
    (host.SCRATCH / "slow").chmod(0o755)
    waiter = process.start_netns_run("--detach", "--netns", target.pid,
                                     env={"NETNS_SLIRP": str(host.SCRATCH / "slow")})
    waiting.until(lambda: TAP in interfaces(target), "the interface")
    waiter.signal(signal.SIGKILL)
    waiter.wait()
    (host.SCRATCH / "helper").write_text("")
    is_offline(target)


@tap.case("a helper that dies is followed by another one, and waiting connections are reset")
def _():
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    target = Target()
    connection = connect(target.pid)
    client = target.start(*process.PEER, "tcp-wait", remote.v4, 7000).says("connected")
    helper = helper_of(connection)
    os.kill(helper, signal.SIGKILL)
    helper_of(connection, but=helper)
    client.says("ECONNRESET")
    reaches_the_world(target)


@tap.case("SIGKILL of netns-run takes the interface away")
def _():
    target = Target()
    connect(target.pid).signal(signal.SIGKILL)
    is_offline(target)


@tap.case("a route and an interface that are there stay as they are, and are named")
def _():
    target = Target()
    target.run("ip", "tuntap", "add", "name", "tap0", "mode", "tap")
    fails(target.pid, "has an interface tap0 already", "--ifname", options=("--mtu", "1500"))
    target.run("sh", "-c", "ip link set tap0 up && ip address add 10.9.0.1/24 dev tap0 && "
               "ip route add default via 10.9.0.2")
    fails(target.pid, "default route already", options=("--ifname", "tap1"))
    tap.contains(target.run("ip", "route"), "default via 10.9.0.2")
    tap.equal(interfaces(target), ["lo", "tap0"])


@tap.case("what --netns cannot mean, and who may not: the error says which it is")
def _():
    fails("green", "no network namespace of that name", "/run/netns/green")
    fails(host.SCRATCH, "is not a network namespace")
    fails("/no/such/file", "No such file")
    fails(4194304, "no such process")
    fails(os.getpid(), "network namespace of netns-run itself", user=False)
    fails("/proc/self/ns/net", "network namespace of netns-run itself")
    fails("x", "--map-root is for a command", options=("--map-root",))
    unmapped = process.Process(["unshare", "--user", "--net", "sh", "-c",
                                "echo made; exec sleep infinity"]).says("made")
    result = process.netns_run("--netns", unmapped.pid, "--", "true")
    tap.equal((result.status, result.out), (125, ""))
    tap.contains(result.err, "does not know your ids", "unshare -Urn")
    connect(unmapped.pid)


@tap.case("a namespace of root's, and of another user's")
def _():
    with Named() as named:
        fails(named.name, "made by root", "run netns-run as root", "unshare -Urn")
        fails(named.name, "made by root", command=("--", "true"))
    stranger = process.Process(
        ["setpriv", "--reuid=47003", "--regid=47003", "--clear-groups", "unshare", "-Urn", "sh", "-c",
         "echo made; exec sleep infinity"], user=False).says("made")
    fails(stranger.pid, "the process is another user's")
    path = host.SCRATCH / "theirs"
    path.touch()
    host.root("mount", "--bind", f"/proc/{stranger.pid}/ns/net", str(path))
    try:
        fails(path, "a user namespace of user 47003")
    finally:
        host.root("umount", str(path))


tap.main()
