#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Unix sockets of the host: -p unix:PATH:PORT leads to a port of the guest, -L unix:PATH:PORT to the
host from one."""

import os
import pwd
import signal
import socket
import stat
import subprocess

from support import host, process, tap, waiting
from support.helper import helper_of
from support.target import Helper, Target

WEB = "/tmp/web.sock"
SERVICE = "/tmp/service.sock"
BOTH = ("127.0.0.1", "::1")


def heard(path: str = WEB) -> str:
    """What a server says that speaks first; "" when nobody is there."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        try:
            client.connect(path)
            return b"".join(iter(lambda: client.recv(1000), b"")).decode()
        except ConnectionError:
            return ""


def ask(address: str, port: object = 0) -> str:
    return f"{' '.join(process.PEER)} tcp-echo-ask {address} {port}"


class Service:
    """An echo server of the host; its file is removed at the end, as others do it."""

    def __init__(self, path: str = SERVICE):
        self.path = path
        self.peer = process.peer("tcp-echo", path, 0)

    def end(self) -> None:
        self.peer.signal(signal.SIGKILL)
        self.peer.wait()
        os.unlink(self.path)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_) -> None:
        self.end()


@tap.case("-p unix:PATH:PORT: a client is the gateway to the server, and half-closes")
def _():
    for path, options in ((WEB, []), (WEB + "2", ["--no-splice"])):
        process.guest_server(["-p", f"unix:{path}:80", *options], "tcp-hello", "0.0.0.0", 80, "hello")
        tap.equal([heard(path), heard(path)], ["hello 10.0.2.2\n"] * 2)


@tap.case("what a client says arrives, and the end of it")
def _():
    process.guest_server(["-p", f"unix:{WEB}:7000"], "tcp-echo", "", 7000)
    tap.equal(process.succeeds(process.peer("tcp-echo-ask", WEB, 0).wait()), "there and back\n")


@tap.case("the socket is its user's only, from the start to the end")
def _():
    running = process.start_netns_run("-p", f"unix:{WEB}:80", "--", "sh", "-c", "echo up; read end || :",
                                      stdin=subprocess.PIPE).says("up")
    status = os.stat(WEB)
    tap.equal(stat.S_IMODE(status.st_mode), 0o600)
    tap.equal(status.st_uid, pwd.getpwnam(host.USER_NAME).pw_uid)
    running.stdin.close()
    process.succeeds(running.wait())
    tap.true(not os.path.exists(WEB), "it is still there")


@tap.case("a server that listens on the guest's loopback only, and nobody")
def _():
    for address in BOTH:
        server = process.guest_server(["-p", f"unix:{WEB}:7000", "-p", f"unix:{WEB}2:7001"],
                                      "tcp-hello", address, 7000, "hello")
        tap.equal([heard(), heard(WEB + "2")], [f"hello {address}\n", ""])
        server.signal(signal.SIGTERM)
        server.wait()
    process.guest_server(["-p", f"unix:{WEB}:7000", "--no-publish-loopback"],
                         "tcp-hello", "127.0.0.1", 7000, "hello")
    tap.equal(heard(), "")


@tap.case("-L unix:PATH:PORT: the service is on 127.0.0.1 and ::1, at a low port")
def _():
    with Service():
        script = "; ".join(f"{ask(address, 80)} || echo none" for address in (*BOTH, "10.0.2.100"))
        said = process.guest_shell(script, ["-L", f"unix:{SERVICE}:80"])
        tap.equal(said.splitlines(), ["there and back"] * 2 + ["none"])


@tap.case("a service that comes later, at the same path, is reached then")
def _():
    peer = " ".join(process.PEER)
    script = f"{peer} tcp-wait 127.0.0.1 7000; echo next; read go; {ask('127.0.0.1', 7000)}"
    for _number in range(2):
        running = process.start_netns_run("-L", f"unix:{SERVICE}:7000", "--", "sh", "-c", script,
                                          stdin=subprocess.PIPE).says("next")
        tap.contains(running.out, "ECONNRESET")
        with Service():
            running.stdin.write(b"go\n")
            running.stdin.flush()
            running.says("there and back")


@tap.case("clients of a service that takes one at a time wait for their turn")
def _():
    script = " & ".join([ask("127.0.0.1", 7000)] * 8) + " & wait"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(SERVICE)
        os.chmod(SERVICE, 0o666)
        server.listen(0)
        server.settimeout(30)
        running = process.start_netns_run("-L", f"unix:{SERVICE}:7000", "--", "sh", "-c", script)
        for _number in range(8):
            client, _address = server.accept()
            with client:
                client.settimeout(30)
                client.sendall(b"".join(iter(lambda: client.recv(1000), b"")))
        tap.equal(process.succeeds(running.wait()), "there and back\n" * 8)
        os.unlink(SERVICE)


@tap.case("much arrives whole, each way, through both")
def _():
    size = 20_000_000 if host.is_sanitized() else 200_000_000
    process.peer("tcp-sink", SERVICE, 0)
    sent = process.in_guest(*process.PEER, "tcp-send", "127.0.0.1", "7000", str(size),
                            options=["-L", f"unix:{SERVICE}:7000"], seconds=60).split()
    tap.equal(sent[:2], sent[2:])
    os.unlink(SERVICE)
    source = process.peer("tcp-source", SERVICE, 0, size)
    got = process.in_guest(*process.PEER, "tcp-fetch", "::1", "7000",
                           options=["-L", f"unix:{SERVICE}:7000"], seconds=60).strip()
    source.says(f"sent {got}")
    os.unlink(SERVICE)

    for number, options in enumerate(([], ["--no-splice"])):
        path = WEB + str(number)
        process.guest_server(["-p", f"unix:{path}:7000", *options], "tcp-sink", "", 7000)
        sent = process.peer("tcp-send", path, 0, size).wait(60).out.split()
        tap.equal(sent[:2], sent[2:])
        source = process.guest_server(["-p", f"unix:{path}2:7000", *options], "tcp-source", "", 7000,
                                      size)
        source.says(f"sent {process.peer('tcp-fetch', path + '2', 0).wait(60).out.strip()}")


@tap.case("mistakes are told before anything starts")
def _():
    process.run(["sh", "-c", "echo precious >/tmp/file"])
    for option, rule, message in (
            ("-p", f"unix:/tmp/{'x' * 103}:80", "107"), ("-p", "unix:/tmp/x", "unix:PATH:GUEST_PORT"),
            ("-p", "unix:/tmp/x:80/udp", "TCP"), ("-p", "unix:@x:80", "abstract"),
            ("-p", "unix:/tmp/x:80-81", "one port"), ("-p", "unix:/none/x:80", "No such file"),
            ("-p", "unix:/x:80", "Permission denied"), ("-p", "unix:/tmp/file:80", "exists"),
            ("-L", f"unix:/tmp/{'x' * 103}:80", "107"), ("-L", "unix:/tmp/x:0", "port"),
            ("-L", "unix:/none/x:80", "No such file"), ("-L", "unix:/tmp/file:80", "non-socket")):
        result = process.netns_run(option, rule, "--", "echo", "started")
        tap.equal((result.status, result.out), (125, ""), f"{rule}: {result.err}")
        tap.contains(result.err, rule, message)
    tap.equal(open("/tmp/file").read(), "precious\n")
    os.unlink("/tmp/file")
    result = process.netns_run("-p", f"unix:{WEB}:80", "--tcp-engine=libslirp", "--", "true")
    tap.equal(result.status, 125)
    tap.contains(result.err, "accelerated")


@tap.case("a stale socket of one's own is replaced, a live one is an error")
def _():
    process.succeeds(process.run([*process.PYTHON, "-c", "import socket; "
                                  f"socket.socket(socket.AF_UNIX).bind('{WEB}')"]))
    process.guest_server(["-p", f"unix:{WEB}:7000"], "tcp-hello", "0.0.0.0", 7000, "hello")
    result = process.netns_run("-p", f"unix:{WEB}:7000", "--", "true")
    tap.equal(result.status, 125)
    tap.contains(result.err, WEB, "exists")
    tap.equal(heard(), "hello 10.0.2.2\n")


@tap.case("the helper dies: connections end, and the next one serves both")
def _():
    with Service():
        peer = " ".join(process.PEER)
        running = process.start_netns_run(
            "-p", f"unix:{WEB}:7001", "-L", f"unix:{SERVICE}:7000", "--", "sh", "-c",
            f"{peer} tcp-hello 0.0.0.0 7001 hello & {peer} tcp-wait 127.0.0.1 7000; "
            f"until {ask('127.0.0.1', 7000)}; do :; done; wait")
        running.says("connected").says("listening")
        tap.equal(heard(), "hello 10.0.2.2\n")
        dead = helper_of(running)
        os.kill(dead, signal.SIGKILL)
        running.says("ECONNRESET").says("there and back")
        tap.true(helper_of(running) != dead, "the same helper")
        waiting.until(lambda: os.path.exists(WEB) and heard(), "the published socket")
        running.signal(signal.SIGKILL)
        waiting.until(lambda: not os.path.exists(WEB), "the end of the socket")


@tap.case("netns-slirp has both, and leaves nothing when it is killed")
def _():
    target = Target()
    with Service():
        helper = Helper(target, "-c", "-p", f"unix:{WEB}:7000", "-L", f"unix:{SERVICE}:80").ready()
        tap.equal(target.run("sh", "-c", ask("127.0.0.1", 80)), "there and back\n")
        target.start(*process.PEER, "tcp-hello", "0.0.0.0", "7000", "hello").says("listening")
        tap.equal(heard(), "hello 10.0.2.2\n")
        helper.process.signal(signal.SIGKILL)
        waiting.until(lambda: not os.path.exists(WEB), "the end of the socket")


@tap.case("-p auto leaves the port of a host's socket alone")
def _():
    with Service():
        process.guest_server(["-L", f"unix:{SERVICE}:6543", "-p", "auto"], "tcp-echo", "", 7000)
        waiting.until(lambda: process.peer("tcp-echo-ask", "127.0.0.1", 7000).wait().out,
                      "the guest's own port")
        tap.equal(process.peer("tcp-echo-ask", "127.0.0.1", 6543).wait().out, "")


tap.main()
