# SPDX-License-Identifier: Apache-2.0
"""Thousands of sockets in one process.

crowd.py echo ADDRESS PORT            answers on every connection
crowd.py deaf ADDRESS PORT            takes connections and reads nothing
crowd.py open ADDRESS PORT COUNT      COUNT connections; asks on each, again at every line of input
crowd.py fill ADDRESS PORT COUNT      COUNT connections; writes until none takes more
crowd.py udp ADDRESS PORT COUNT       COUNT sockets; asks on each until it was answered
"""

import errno
import resource
import select
import socket
import sys
import time

PATIENCE_SECONDS = 120
QUIET_SECONDS = 3
PIECE = bytes(65536)


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listen(address: str, port: str) -> tuple[socket.socket, select.epoll]:
    server = socket.socket(family_of(address))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, int(port)))
    server.listen(4096)
    ready = select.epoll()
    ready.register(server, select.EPOLLIN)
    print("listening")
    return server, ready


def echo(address: str, port: str) -> None:
    server, ready = listen(address, port)
    clients: dict[int, socket.socket] = {}
    while True:
        for number, _ in ready.poll():
            if number == server.fileno():
                client, _ = server.accept()
                clients[client.fileno()] = client
                ready.register(client, select.EPOLLIN)
                continue
            try:
                data = clients[number].recv(4096)
            except OSError:
                data = b""
            if data:
                clients[number].sendall(data)
            else:
                clients.pop(number).close()


def deaf(address: str, port: str) -> None:
    server, _ = listen(address, port)
    clients = []
    while True:
        clients.append(server.accept()[0])


def connect_all(address: str, port: str, count: str) -> list[socket.socket]:
    """As many as are let in; the others are refused or reset."""
    found = []
    refusals: dict[str, int] = {}
    for _ in range(int(count)):
        client = socket.socket(family_of(address))
        client.settimeout(PATIENCE_SECONDS)
        try:
            client.connect((address, int(port)))
            found.append(client)
        except OSError as error:
            name = errno.errorcode.get(error.errno, str(error))
            refusals[name] = refusals.get(name, 0) + 1
            client.close()
    print("opened", len(found), "refused", refusals)
    return found


def open_and_ask(address: str, port: str, count: str) -> None:
    clients = connect_all(address, port, count)
    while True:
        for number, client in enumerate(clients):
            client.sendall(number.to_bytes(4, "big"))
        right = sum(client.recv(4, socket.MSG_WAITALL) == number.to_bytes(4, "big")
                    for number, client in enumerate(clients))
        print("answered", right)
        if not sys.stdin.readline():
            return


def fill(address: str, port: str, count: str) -> None:
    clients = connect_all(address, port, count)
    total = 0
    last_progress = time.monotonic()
    for client in clients:
        client.setblocking(False)
    while time.monotonic() - last_progress < QUIET_SECONDS:
        before = total
        for client in clients:
            try:
                total += client.send(PIECE)
            except BlockingIOError:
                pass
        if total > before:
            last_progress = time.monotonic()
        else:
            time.sleep(0.05)
    print("filled", total)
    sys.stdin.readline()


def udp(address: str, port: str, count: str) -> None:
    ready = select.epoll()
    waiting: dict[int, socket.socket] = {}
    kept = []
    for number in range(int(count)):
        client = socket.socket(family_of(address), socket.SOCK_DGRAM)
        client.connect((address, int(port)))
        client.setblocking(False)
        kept.append(client)
        waiting[client.fileno()] = client
        ready.register(client, select.EPOLLIN)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while waiting and time.monotonic() < deadline:
        # Some at a time, so that no queue on the way overflows; who was not answered asks again.
        for number, client in list(waiting.items())[:200]:
            client.send(number.to_bytes(4, "big"))
        until = time.monotonic() + 1
        asked = len(waiting)
        while len(waiting) > max(asked - 200, 0) and time.monotonic() < until:
            for number, _ in ready.poll(0.2):
                try:
                    answer = waiting[number].recv(100)
                except OSError:
                    continue
                if answer == number.to_bytes(4, "big"):
                    del waiting[number]
                    ready.unregister(number)
    print("answered", len(kept) - len(waiting))
    sys.stdin.readline()


ROLES = {"echo": echo, "deaf": deaf, "open": open_and_ask, "fill": fill, "udp": udp}

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
sys.stdout.reconfigure(line_buffering=True)
ROLES[sys.argv[1]](*sys.argv[2:])
