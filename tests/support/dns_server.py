#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A name server for tests: dns_server.py ADDRESS... answers at port 53 over UDP and TCP.

Its zone is example.test (RFC 6761):
    www   A 192.0.2.2, AAAA 2001:db8::2      big    TXT of 3000 bytes: truncated over UDP
    who   TXT, the address that was asked    slow   never answered
Anything else does not exist (NXDOMAIN). Each question is written to standard output:
"udp 127.0.0.1 www.example.test".
"""

import ipaddress
import socket
import struct
import sys
import threading

A, TXT, AAAA = 1, 16, 28
NAME_ERROR, TRUNCATED = 3, 0x0200


def text_record(text: bytes) -> bytes:
    pieces = [text[i:i + 255] for i in range(0, len(text), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def records(name: str, kind: int, asked_address: str) -> list[bytes] | None:
    """None: there is no such name."""
    names = {
        "www.example.test": {A: ipaddress.ip_address("192.0.2.2").packed,
                             AAAA: ipaddress.ip_address("2001:db8::2").packed},
        "who.example.test": {TXT: text_record(asked_address.encode())},
        "big.example.test": {TXT: text_record(b"big" * 1000)},
        "slow.example.test": {},
    }
    if name not in names:
        return None
    data = names[name].get(kind)
    return [] if data is None else [data]


def parse_question(query: bytes) -> tuple[str, int, int]:
    """Name, type, and where the question ends (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    (kind,) = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels).lower(), kind, at + 5


def answer(query: bytes, asked_address: str, transport: str) -> bytes | None:
    name, kind, end = parse_question(query)
    print(transport, asked_address, name, flush=True)
    if name == "slow.example.test":
        return None
    found = records(name, kind, asked_address)
    flags, body = 0x8580, b""  # an authoritative answer, recursion available
    if found is None:
        flags |= NAME_ERROR
    for data in found or []:
        body += struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
    count = len(found or [])
    if transport == "udp" and 12 + end + len(body) > 512:
        flags, body, count = flags | TRUNCATED, b"", 0
    return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + query[12:end] + body


def serve_udp(server: socket.socket, address: str) -> None:
    while True:
        query, client = server.recvfrom(4096)
        reply = answer(query, address, "udp")
        if reply:
            server.sendto(reply, client)


def serve_connection(connection: socket.socket, address: str) -> None:
    with connection, connection.makefile("rb") as stream:
        while head := stream.read(2):
            reply = answer(stream.read(struct.unpack("!H", head)[0]), address, "tcp")
            if reply:
                connection.sendall(struct.pack("!H", len(reply)) + reply)


def serve_tcp(server: socket.socket, address: str) -> None:
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve_connection, args=(connection, address), daemon=True).start()


def main() -> None:
    for address in sys.argv[1:]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for kind, serve in ((socket.SOCK_DGRAM, serve_udp), (socket.SOCK_STREAM, serve_tcp)):
            server = socket.socket(family, kind)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((address, 53))
            if kind == socket.SOCK_STREAM:
                server.listen()
            threading.Thread(target=serve, args=(server, address)).start()
    print("listening", flush=True)


main()
