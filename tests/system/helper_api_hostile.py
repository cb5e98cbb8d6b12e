#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients of the API socket that mean no good. Whatever they do, each gets an answer in the
documented form or the end of its connection, the guest's traffic goes on meanwhile, and afterwards
the helper has the descriptors and the forwards that it had before."""

import json
import os
import random
import socket

from support import host, process, tap, waiting
from support.target import Helper, Target

API = "/tmp/api.sock"
LIST = b'{"execute": "list_hostfwd"}'
CROWD = 40 if host.is_sanitized() else 300


class Stage:
    """A helper whose guest asks an echo server again and again while the hostile clients are at
    work."""

    def __init__(self) -> None:
        self.target = Target()
        self.helper = Helper(self.target, "-c", api_path=API).ready()
        self._server = process.peer("tcp-echo", "127.0.0.1", 7000)
        self._asking = self.target.start(*process.PEER, "tcp-ask-on", "10.0.2.2", 7000)
        self.goes_on()
        # The client itself counts too, in the helper: so one answer first.
        self.lists([])
        self._descriptors = self._open_descriptors()

    def _open_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.helper.process.pid}/fd"))

    def _answers(self) -> int:
        return self._asking.out.count("\n")

    def goes_on(self) -> None:
        """The connection that is open since the beginning carries more."""
        before = self._answers()
        waiting.until(lambda: self._answers() > before + 2,
                      lambda: f"the guest's traffic; it said {self._asking.out[-200:]!r}")

    def lists(self, expected: list[int]) -> None:
        entries = self.helper.ask({"execute": "list_hostfwd"})["return"]["entries"]
        tap.equal([entry["id"] for entry in entries], expected)

    def is_as_before(self, forwards: list[int]) -> None:
        self.goes_on()
        self.lists(forwards)
        waiting.until(lambda: self._open_descriptors() <= self._descriptors,
                      lambda: f"{self._open_descriptors()} descriptors, first {self._descriptors}")
        tap.true(self.helper.process.is_running(), "the helper has ended")
        tap.lacks(self.helper.process.err, "Sanitizer", "check failed")


def connect() -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(API)  # waits for room in the listen queue
    client.settimeout(30)
    return client


def hear(client: socket.socket) -> bytes:
    """Until the end of the stream."""
    heard = b""
    try:
        while piece := client.recv(65536):
            heard += piece
    except (ConnectionResetError, BrokenPipeError):
        pass
    return heard


def send_all(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # It has heard enough.


def is_answered(request: bytes) -> list[dict]:
    """Lines of the documented form, or nothing."""
    with connect() as client:
        send_all(client, request)
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        lines = hear(client).splitlines()
    answers = [json.loads(line) for line in lines]
    for answer in answers:
        good = set(answer) <= {"return", "entries"} and "return" in answer
        bad = set(answer) == {"error"} and isinstance(answer["error"]["desc"], str)
        tap.true(good or bad, f"{request[:80]!r} was answered {answer}")
    return answers


def is_bound(port: int) -> None:
    """Nobody else can have it."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return
    tap.fail(f"port {port} is free")


def is_refused(request: bytes) -> None:
    answers = is_answered(request)
    tap.true(len(answers) == 1 and "error" in answers[0], f"{request[:80]!r}: {answers}")


@tap.case("slirp4netns 1.2.0 dies of this: an add_hostfwd without proto")
def _():
    stage = Stage()
    killer = '{"execute":"add_hostfwd","arguments":{"host_port":1,"guest_port":80}}'
    tap.equal(stage.helper.ask(killer),
              {"error": {"desc": "bad request: add_hostfwd: bad arguments.proto"}})
    stage.is_as_before([])


def add(arguments: str) -> bytes:
    return b'{"execute":"add_hostfwd","arguments":{' + arguments.encode() + b"}}"


NUMBERS = ("1e400", "-1e400", "99999999999999999999999999", "-99999999999999999999999999",
           "18446744073709551616", "9223372036854775808", "4294967376", "65616", "80.0", "8e1",
           "0x50", "080", "-80", "NaN", "Infinity", "1" * 5000, "0." + "0" * 5000 + "1")
WRONG = ("null", "true", "[]", "{}", "[8080]", '{"port":8080}', '"8080"', '""', '"\\u0000"')


@tap.case("huge numbers and wrong types are refused wherever they stand")
def _():
    stage = Stage()
    for value in (*NUMBERS, *WRONG):
        is_refused(add(f'"proto":"tcp","host_port":{value},"guest_port":80'))
        is_refused(add(f'"proto":"tcp","host_port":8080,"guest_port":{value}'))
        is_refused(b'{"execute":"remove_hostfwd","arguments":{"id":%s}}' % value.encode())
        is_refused(b'{"execute":%s}' % value.encode())
    for value in WRONG:
        is_refused(add(f'"proto":{value},"host_port":8080,"guest_port":80'))
        if value == '""':
            continue  # An empty address is the default.
        for name in ("host_addr", "guest_addr"):
            is_refused(add(f'"proto":"tcp","host_port":8080,"guest_port":80,"{name}":{value}'))
    for arguments in WRONG:
        is_refused(b'{"execute":"add_hostfwd","arguments":%s}' % arguments.encode())
    stage.is_as_before([])


@tap.case("of a key that comes twice the last one counts, and never half of each")
def _():
    stage = Stage()
    is_refused(add('"proto":"tcp","proto":"x","host_port":8080,"guest_port":80'))
    is_refused(add('"proto":"tcp","host_port":8080,"host_port":0,"guest_port":80'))
    is_refused(b'{"execute":"list_hostfwd","execute":"x"}')
    stage.is_as_before([])
    tap.equal(is_answered(add('"proto":"x","proto":"tcp","host_port":0,"host_port":8080,'
                              '"guest_port":80')), [{"return": {"id": 1}}])
    is_bound(8080)
    tap.equal(is_answered(b'{"execute":"remove_hostfwd","arguments":{"id":7,"id":1}}'),
              [{"return": {}}])
    stage.is_as_before([])


@tap.case("deep nesting is refused at any depth, closed or not")
def _():
    stage = Stage()
    for depth in (31, 32, 33, 1000, 30_000):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            nested = opening * depth + "1" + closing * depth
            is_answered(b'{"execute":' + nested.encode() + b"}")
            is_refused(b'{"execute":' + (opening * depth).encode())
    stage.is_as_before([])


@tap.case("requests of 64 KiB and more: served up to the limit, refused beyond it")
def _():
    stage = Stage()
    limit = 64 * 1024
    for size, is_served in ((4096, True), (limit, True), (limit + 1, False), (4 << 20, False)):
        text = LIST[:-1] + b',"x":"' + b"a" * (size - len(LIST) - 7) + b'"}'
        tap.equal(len(text), size)
        tap.equal(["return" in answer for answer in is_answered(text)], [is_served], str(size))
    is_answered(b" " * (4 << 20))
    is_refused(b"\0" * 65536)
    stage.is_as_before([])


@tap.case("any bytes at all are answered or end the connection", seconds=120)
def _():
    stage = Stage()
    seed = random.randrange(1 << 32)
    print(f"# seed {seed}")
    chance = random.Random(seed)
    good = add('"proto":"tcp","host_addr":"127.0.0.1","host_port":8080,"guest_port":80')
    for number in range(300):
        spoiled = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(spoiled))
            spoiled[at:at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        is_answered(chance.randbytes(chance.randrange(200)) if number % 3 == 0 else bytes(spoiled))
    # Some of the spoiled ones are requests all the same.
    entries = stage.helper.ask({"execute": "list_hostfwd"})["return"]["entries"]
    for entry in entries:
        is_answered(b'{"execute":"remove_hostfwd","arguments":{"id":%d}}' % entry["id"])
    stage.is_as_before([])


@tap.case("slow writers wait for themselves only")
def _():
    stage = Stage()
    slow = [connect() for _ in range(20)]
    for byte in LIST[:-1]:
        for client in slow:
            client.sendall(bytes([byte]))
        if byte in b'":':
            stage.lists([])  # Another client is served in between.
    stage.goes_on()
    for client in slow:
        client.sendall(LIST[-1:])
        tap.true("return" in json.loads(hear(client)), "no return")
        client.close()
    stage.is_as_before([])


@tap.case(f"{CROWD} clients at once are all served, more than there is room for", seconds=120)
def _():
    stage = Stage()
    crowd = []
    for _ in range(CROWD):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        crowd.append(client)
    answered = 0
    waiting_to_connect = list(crowd)
    connected: list[socket.socket] = []

    def turn() -> bool:
        """The listen queue takes some; they are answered; the next come."""
        nonlocal answered
        for client in list(waiting_to_connect):
            try:
                client.connect(API)
            except BlockingIOError:
                break
            client.sendall(LIST)
            waiting_to_connect.remove(client)
            connected.append(client)
        for client in list(connected):
            try:
                said = client.recv(65536)
            except BlockingIOError:
                continue
            tap.true("return" in json.loads(said), f"{said!r}")
            answered += 1
            connected.remove(client)
            client.close()
        return answered == CROWD

    waiting.until(turn, lambda: f"only {answered} were answered", 60)
    stage.is_as_before([])


@tap.case("silent clients in all places make room for the others", seconds=90)
def _():
    stage = Stage()
    silent = [connect() for _ in range(100)]
    stage.goes_on()
    with connect() as late:
        late.settimeout(45)
        late.sendall(LIST)
        tap.true("return" in json.loads(late.recv(65536)), "no return")
    for client in silent:
        client.close()
    stage.is_as_before([])


@tap.case("clients that vanish at any byte leave no half-made forward")
def _():
    stage = Stage()
    request = add('"proto":"tcp","host_addr":"127.0.0.1","host_port":8080,"guest_port":80')
    for size in range(len(request)):
        with connect() as client:
            client.sendall(request[:size])
    stage.is_as_before([])
    # A whole one is a whole forward, whether or not somebody waits for the answer.
    with connect() as client:
        client.sendall(request)
    waiting.until(lambda: stage.helper.ask({"execute": "list_hostfwd"})["return"]["entries"],
                  "the forward")
    is_bound(8080)
    stage.lists([1])
    is_answered(b'{"execute":"remove_hostfwd","arguments":{"id":1}}')
    stage.is_as_before([])


@tap.case("a client that reads no answer harms nobody")
def _():
    stage = Stage()
    deaf = [connect() for _ in range(10)]
    for client in deaf:
        send_all(client, LIST * 60)
    stage.goes_on()
    stage.lists([])
    for client in deaf:
        client.close()
    stage.is_as_before([])


@tap.case("hundreds of forwards come and go, also where only some of the ports are free")
def _():
    stage = Stage()
    taken = [socket.create_server(("127.0.0.1", port)) for port in range(8000, 8200, 2)]
    ids = []
    for port in range(8000, 8200):
        answer, = is_answered(add(f'"proto":"tcp","host_addr":"127.0.0.1","host_port":{port},'
                                  '"guest_port":80'))
        tap.equal("error" in answer, port % 2 == 0, f"port {port}: {answer}")
        if "return" in answer:
            ids.append(answer["return"]["id"])
    stage.lists(ids)
    for number in ids:
        is_answered(b'{"execute":"remove_hostfwd","arguments":{"id":%d}}' % number)
    for server in taken:
        server.close()
    for port in range(8000, 8200):
        socket.create_server(("127.0.0.1", port)).close()  # Bound by nobody any more.
    stage.is_as_before([])


@tap.case("a connection that asked for it is kept, and many such are bounded")
def _():
    stage = Stage()
    kept = b'{"execute":"list_hostfwd","keep-alive":true}'
    with connect() as client:
        for _ in range(100):
            client.sendall(kept)
            tap.true("return" in json.loads(client.recv(65536)), "no return")
    stage.is_as_before([])


for kind, make in (("a file", lambda: process.run(["sh", "-c", f"echo precious >{API}"])),
                   ("a link to a file", lambda: process.run(
                       ["sh", "-c", f"echo precious >/tmp/file; ln -s /tmp/file {API}"])),
                   ("a link to nowhere", lambda: process.run(["ln", "-s", "/tmp/nowhere", API])),
                   ("a folder", lambda: process.run(["mkdir", API])),
                   ("a named pipe", lambda: process.run(["mkfifo", API]))):
    @tap.case(f"{kind} at the socket's path is an error, and stays as it is")
    def _(make=make):
        make()
        before = (os.lstat(API).st_ino, os.lstat(API).st_mode)
        refused = Helper(Target(), "-c", api_path=API).process.wait(10)
        tap.true(refused.status > 0, "it started")
        tap.contains(refused.err, API)
        tap.equal((os.lstat(API).st_ino, os.lstat(API).st_mode), before)
        process.run(["rm", "-rf", API, "/tmp/file"])


tap.main()
