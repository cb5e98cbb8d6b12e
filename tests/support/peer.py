#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The far end of a connection, on the host, on the "remote" machine, or in the guest.

Servers say "listening" when they are ready, and serve until they are killed:
    tcp-echo ADDRESS PORT               each byte back, end of stream included
    tcp-hello ADDRESS PORT WORD         "WORD CLIENT-ADDRESS", then close
    tcp-sink ADDRESS PORT               reads to the end, then answers "BYTES SHA256"
    tcp-source ADDRESS PORT BYTES       sends a stream that never repeats, then its end
    tcp-deaf ADDRESS PORT               has room for one client and takes nobody
    udp-echo ADDRESS PORT               each datagram back; says "SIZE from ADDRESS PORT"
Clients say what they got:
    tcp-send ADDRESS PORT BYTES         such a stream, its end, then prints "BYTES SHA256 answer"
    tcp-fetch ADDRESS PORT              prints "BYTES SHA256" of what comes
    tcp-echo-ask ADDRESS PORT           a line there and back, half-close, prints it
    udp-ask ADDRESS PORT SIZE COUNT     each datagram must come back unchanged from there
    tcp-wait ADDRESS PORT               says "connected", then how its wait for data ends
    tcp-leave ADDRESS PORT COUNT        connects and leaves, so many times
    tcp-ask-on ADDRESS PORT             line after line over one connection, each printed when it
                                        has come back
    connect ADDRESS PORT                prints "connected" or the errno's name
    udp-connect ADDRESS PORT            sends until the errno comes, prints its name
An empty ADDRESS binds to all of both families. ADDRESS of a client may be a name. For the tcp ones
the ADDRESS may be the path of a Unix socket; PORT then says nothing.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import random
import socket
import sys
import threading
import time

PIECE = 1 << 18
PATIENCE_SECONDS = 120


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address or not address else socket.AF_INET


def is_path(address: str) -> bool:
    return address.startswith("/")


def stream(total: int):
    """Pieces of a stream in which no stretch repeats: a counter in front of random bytes."""
    noise = random.Random(total).randbytes(PIECE)
    number = 0
    while total > 0:
        piece = (number.to_bytes(8, "big") + noise[8:])[:total]
        yield piece
        total -= len(piece)
        number += 1


def send_stream(connection: socket.socket, total: int) -> str:
    """Sends the stream and its end: "BYTES SHA256"."""
    digest = hashlib.sha256()
    for piece in stream(total):
        connection.sendall(piece)
        digest.update(piece)
    connection.shutdown(socket.SHUT_WR)
    return f"{total} {digest.hexdigest()}"


def read_stream(connection: socket.socket) -> str:
    digest, count, buffer = hashlib.sha256(), 0, bytearray(PIECE)
    view = memoryview(buffer)
    while size := connection.recv_into(view):
        digest.update(view[:size])
        count += size
    return f"{count} {digest.hexdigest()}"


def echo(connection: socket.socket) -> None:
    while data := connection.recv(PIECE):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def hello(connection: socket.socket, word: str) -> None:
    connection.sendall(f"{word} {connection.getpeername()[0]}\n".encode())


def sink(connection: socket.socket) -> None:
    received = read_stream(connection)
    connection.sendall(received.encode())
    print("received", received)


def source(connection: socket.socket, total: str) -> None:
    print("sent", send_stream(connection, int(total)))
    connection.recv(1)  # the other side's end: closing earlier could reset what is on its way


def listen(address: str, port: str) -> socket.socket:
    if is_path(address):
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
        os.chmod(address, 0o666)  # the tests have two users
        server.listen(512)
        return server
    return socket.create_server((address, int(port)), family=family_of(address), backlog=512,
                                dualstack_ipv6=not address)


def serve_tcp(handler, address: str, port: str, *arguments: str) -> None:
    server = listen(address, port)

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                handler(connection, *arguments)
            except OSError as error:
                print("ended by", errno.errorcode[error.errno])

    print("listening")
    while True:
        connection, client = server.accept()
        print("client", *client[:2])
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def tcp_deaf(address: str, port: str) -> None:
    server = listen(address, port)
    server.listen(0)
    with connect(address, port):
        print("listening")
        time.sleep(PATIENCE_SECONDS)


def udp_echo(address: str, port: str) -> None:
    server = socket.socket(family_of(address), socket.SOCK_DGRAM)
    if not address:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind((address, int(port)))
    print("listening")
    while True:
        data, client = server.recvfrom(65536)
        print(len(data), "from", *client[:2])
        server.sendto(data, client)


def connect(address: str, port: str) -> socket.socket:
    if is_path(address):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE_SECONDS)
        client.connect(address)
        return client
    return socket.create_connection((address, int(port)), PATIENCE_SECONDS)


def tcp_send(address: str, port: str, total: str) -> None:
    with connect(address, port) as connection:
        sent = send_stream(connection, int(total))
        answer = b"".join(iter(lambda: connection.recv(PIECE), b""))
    print(sent, answer.decode())


def tcp_fetch(address: str, port: str) -> None:
    with connect(address, port) as connection:
        print(read_stream(connection))


def tcp_echo_ask(address: str, port: str) -> None:
    with connect(address, port) as connection:
        connection.sendall(b"there and back\n")
        connection.shutdown(socket.SHUT_WR)
        print(b"".join(iter(lambda: connection.recv(PIECE), b"")).decode(), end="")


def tcp_wait(address: str, port: str) -> None:
    try:  # a reset may come before connect() has returned
        with connect(address, port) as connection:
            connection.settimeout(None)
            print("connected")
            print("end of stream" if not connection.recv(1) else "data")
    except OSError as error:
        print(errno.errorcode[error.errno])


def tcp_leave(address: str, port: str, count: str) -> None:
    for _ in range(int(count)):
        with contextlib.suppress(ConnectionResetError):  # which may come before it has returned
            connect(address, port).close()


def tcp_ask_on(address: str, port: str) -> None:
    with connect(address, port) as connection, connection.makefile("rw") as stream:
        for number in itertools.count():
            print(number, file=stream, flush=True)
            print(stream.readline(), end="")
            time.sleep(0.01)


def try_connect(address: str, port: str) -> None:
    try:
        connect(address, port).close()
        print("connected")
    except OSError as error:
        print(errno.errorcode.get(error.errno, repr(error)))


def udp_socket(address: str, port: str) -> socket.socket:
    found = socket.getaddrinfo(address, int(port), type=socket.SOCK_DGRAM)[0]
    client = socket.socket(found[0], socket.SOCK_DGRAM)
    client.connect(found[4])  # an answer from elsewhere is not taken
    return client


def udp_ask(address: str, port: str, size: str, count: str) -> None:
    client = udp_socket(address, port)
    client.settimeout(2)
    for number in range(int(count)):
        question = number.to_bytes(4, "big") + os.urandom(max(int(size) - 4, 0))
        ask_once(client, question[:int(size)])
    print("all", count, "came back")


def ask_once(client: socket.socket, question: bytes) -> None:
    """A datagram may be lost on its way: five tries."""
    for _ in range(5):
        client.send(question)
        try:
            while True:
                if client.recv(65536) == question:
                    return
        except TimeoutError:
            continue
    sys.exit("no answer")


def udp_connect(address: str, port: str) -> None:
    client = udp_socket(address, port)
    client.settimeout(0.5)
    for _ in range(10):
        try:
            client.send(b"anybody there?")
            client.recv(100)
            print("answered")
            return
        except TimeoutError:
            continue
        except OSError as error:
            print(errno.errorcode[error.errno])
            return
    print("silence")


ROLES = {
    "tcp-echo": lambda *a: serve_tcp(echo, *a), "tcp-hello": lambda *a: serve_tcp(hello, *a),
    "tcp-sink": lambda *a: serve_tcp(sink, *a), "tcp-source": lambda *a: serve_tcp(source, *a),
    "tcp-deaf": tcp_deaf, "udp-echo": udp_echo, "tcp-send": tcp_send, "tcp-fetch": tcp_fetch,
    "tcp-echo-ask": tcp_echo_ask, "tcp-leave": tcp_leave, "tcp-ask-on": tcp_ask_on,
    "tcp-wait": tcp_wait,
    "connect": try_connect, "udp-ask": udp_ask,
    "udp-connect": udp_connect,
}

sys.stdout.reconfigure(line_buffering=True)
ROLES[sys.argv[1]](*sys.argv[2:])
