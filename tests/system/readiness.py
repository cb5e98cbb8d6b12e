#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Readiness for a service manager: NOTIFY_SOCKET, as sd_notify(3) uses it."""

import os
import socket
import struct
import subprocess
import sys

from support import process, tap
from support.target import Target

PATH = "/tmp/notify.sock"
READY = "READY=1\nSTATUS=online, forwards: 2"


class Manager:
    """Who listens at NOTIFY_SOCKET."""

    def __init__(self, address: str):
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        if address.startswith("/"):
            os.chmod(address, 0o666)

    def hears(self, *, now: bool = False) -> tuple[str, int]:
        """What was said, and by which process. `now`: it has been said already."""
        self._socket.settimeout(0 if now else 20)
        text, control, _flags, _address = self._socket.recvmsg(4096, 512)
        pids = [struct.unpack("3i", data)[0] for _level, kind, data in control
                if kind == socket.SCM_CREDENTIALS]
        return text.decode(), pids[0]

    def has_heard_nothing(self) -> None:
        try:
            tap.fail(f"it heard {self.hears(now=True)}")
        except BlockingIOError:
            pass

    def close(self) -> None:
        self._socket.close()
        if self.address.startswith("/"):
            os.unlink(self.address)

    def __enter__(self) -> "Manager":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def start(address: str, *words: object, **options) -> process.Process:
    return process.start_netns_run(*words, env={"NOTIFY_SOCKET": address}, **options)


def ready_is_said(address: str) -> None:
    with Manager(address) as manager:
        running = start(address, "-p", "127.0.0.1:8080:80", "-p", "127.0.0.1:8081:80", "--", "sh",
                        "-c", "env; echo up; exec sleep 60").says("up")
        # Before the command has said anything, by the very process that was started.
        tap.equal(manager.hears(now=True), (READY, running.pid))
        manager.has_heard_nothing()
        tap.lacks(running.out, "NOTIFY_SOCKET")


@tap.case("READY=1 is sent before the command starts, to a path")
def _():
    ready_is_said(PATH)


@tap.case("READY=1 is sent before the command starts, to an abstract socket")
def _():
    ready_is_said("@manager/of services")


@tap.case("when READY=1 is said the ports are open")
def _():
    with Manager(PATH) as manager:
        start(PATH, "-p", "127.0.0.1:8080:80", "-p", "127.0.0.1:8081:80", "--", "cat",
              stdin=subprocess.PIPE)
        tap.equal(manager.hears()[0], READY)
        for port in (8080, 8081):
            socket.create_connection(("127.0.0.1", port)).close()


@tap.case("--netns without a command says it, too")
def _():
    target = Target()
    with Manager(PATH) as manager:
        running = start(PATH, "--netns", target.pid)
        tap.equal(manager.hears(), ("READY=1\nSTATUS=online, forwards: 0", running.pid))


@tap.case("nothing is said when a port cannot be published")
def _():
    with Manager(PATH) as manager, socket.create_server(("127.0.0.1", 8080)):
        tap.equal(start(PATH, "-p", "127.0.0.1:8080:80", "--", "true").wait().status, 125)
        manager.has_heard_nothing()


@tap.case("with --notify=command the command has the socket, and speaks for itself")
def _():
    with Manager(PATH) as manager:
        service = ("import os, socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)"
                   ".sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])")
        running = start(PATH, "--notify=command", "--", sys.executable, "-c", service)
        process.succeeds(running.wait())
        text, pid = manager.hears(now=True)
        tap.equal(text, "READY=1")
        tap.true(pid != running.pid, "netns-run said it")
        manager.has_heard_nothing()


@tap.case("a service manager that cannot be told is a warning")
def _():
    def warns(address: str, text: str) -> None:
        result = start(address, "--", "echo", "it runs").wait()
        tap.equal((result.status, result.out), (0, "it runs\n"))
        tap.contains(result.err, text)

    warns("/tmp/nobody", 'tell NOTIFY_SOCKET "/tmp/nobody": No such file or directory')
    warns("vsock:2:1234", 'NOTIFY_SOCKET "vsock:2:1234": expected a path or @name')
    warns("/" + "x" * 200, "expected a path or @name")
    tap.equal(process.netns_run("true", env={"NOTIFY_SOCKET": ""}).err, "")


tap.main()
