# SPDX-License-Identifier: Apache-2.0
"""The two sides of an accelerated day.

day_peer.py servers ADDRESS             echo at 7001, deaf at 7002, crashing at 7003, UDP echo at 7004
day_peer.py guest GATEWAY DNS SECONDS SEED NUMBER
                                        what a busy guest does, again and again; then prints how often,
                                        and what came back wrong
"""

import errno
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter

ECHO, DEAF, CRASHING, UDP, CLOSED = 7001, 7002, 7003, 7004, 7009
RESET = struct.pack("ii", 1, 0)
UDP_PORTS = 4  # of each guest, and always the same: a relay keeps each for minutes, rightly


def serve_echo(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def serve_deaf(connection: socket.socket) -> None:
    """Half dead: reads nothing for a second, then is gone with all that was not read."""
    time.sleep(1)


def serve_crashing(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(bytes(random.randrange(100_000)))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def serve(address: str, port: int, handler) -> None:
    server = socket.create_server((address, port), backlog=512)

    def guarded(connection: socket.socket) -> None:
        with connection:
            try:
                handler(connection)
            except OSError:
                pass  # The other side's end is part of the game.

    while True:
        connection, _ = server.accept()
        threading.Thread(target=guarded, args=(connection,), daemon=True).start()


def servers(address: str) -> None:
    for port, handler in ((ECHO, serve_echo), (DEAF, serve_deaf), (CRASHING, serve_crashing)):
        threading.Thread(target=serve, args=(address, port, handler), daemon=True).start()
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind((address, UDP))
    for port in (ECHO, DEAF, CRASHING):
        while True:
            try:
                socket.create_connection((address, port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
    print("listening", flush=True)
    while True:
        data, client = echo.recvfrom(65536)
        echo.sendto(data, client)


class Guest:
    def __init__(self, gateway: str, dns: str, seconds: str, seed: str, number: str):
        self._gateway, self._dns = gateway, dns
        self._end = time.monotonic() + float(seconds)
        self._chance = random.Random(int(seed))
        self._done: Counter = Counter()
        self._wrong: list[str] = []
        self._datagrams = []
        for port in range(UDP_PORTS):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            client.bind(("", 9000 + UDP_PORTS * int(number) + port))
            client.settimeout(5)
            self._datagrams.append(client)

    def _connect(self, port: int) -> socket.socket:
        return socket.create_connection((self._gateway, port), 20)

    def echo(self) -> None:
        data = self._chance.randbytes(self._chance.randrange(1, 30_000))
        with self._connect(ECHO) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            if b"".join(iter(lambda: client.recv(65536), b"")) != data:
                self._wrong.append("echo")

    def long_idle(self) -> None:
        with self._connect(ECHO) as client:
            client.sendall(b"x")
            time.sleep(self._chance.uniform(0, 0.3))
            client.recv(1)

    def half_dead_server(self) -> None:
        with self._connect(DEAF) as client:
            client.settimeout(0.1)
            try:
                for _ in range(20):
                    client.send(bytes(65536))
            except OSError:
                pass

    def crashing_server(self) -> None:
        with self._connect(CRASHING) as client:
            client.sendall(b"x")
            try:
                while client.recv(65536):
                    pass
            except ConnectionResetError:
                pass

    def vanishing_client(self) -> None:
        client = self._connect(ECHO)
        client.sendall(bytes(5000))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()

    def closed_port(self) -> None:
        try:
            self._connect(CLOSED).close()
            self._wrong.append("a closed port took a connection")
        except OSError as error:
            if error.errno != errno.ECONNREFUSED:
                self._wrong.append(f"a closed port: {error}")

    def _ask(self, address: str, port: int, question: bytes, head: int) -> None:
        client = self._chance.choice(self._datagrams)
        for _ in range(5):  # one may be lost
            client.sendto(question, (address, port))
            try:
                while client.recv(65536)[:head] != question[:head]:
                    pass
                return
            except TimeoutError:
                continue
        self._wrong.append(f"no answer from {address}:{port}")

    def datagram(self) -> None:
        question = self._chance.randbytes(self._chance.randrange(8, 9000))
        self._ask(self._gateway, UDP, question, len(question))

    def name(self) -> None:
        name = self._chance.choice((b"www", b"nobody"))
        question = self._chance.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + \
            bytes([len(name)]) + name + b"\7example\4test\0\0\1\0\1"
        self._ask(self._dns, 53, question, 2)

    def run(self) -> None:
        actions = (self.echo, self.echo, self.long_idle, self.half_dead_server,
                   self.crashing_server, self.vanishing_client, self.closed_port, self.datagram,
                   self.datagram, self.name)
        while time.monotonic() < self._end and len(self._wrong) < 20:
            action = self._chance.choice(actions)
            try:
                action()
            except OSError as error:
                self._wrong.append(f"{action.__name__}: {error}")
            self._done[action.__name__] += 1
            time.sleep(0.005)
        print("done", dict(self._done))
        print("wrong", self._wrong, flush=True)


if sys.argv[1] == "servers":
    servers(sys.argv[2])
else:
    Guest(*sys.argv[2:]).run()
