#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""frames.py KIND: as root of a guest, sends Ethernet frames of a kind that no kernel would send."""

import itertools
import random
import socket
import struct
import sys

COUNT = 2000
GUEST_V4, GATEWAY_V4 = "10.0.2.100", "10.0.2.2"
GUEST_V6, REMOTE_V4 = "fd00::100", "192.0.2.2"
TCP, UDP, ICMP = 6, 17, 1
SYN = 0x02

chance = random.Random(47)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("tap0", 0))
own_mac = wire.getsockname()[4]


def send(ether_type: int, payload: bytes) -> None:
    # Broadcast as destination: the helper is the only one there.
    frame = b"\xff" * 6 + own_mac + struct.pack("!H", ether_type) + payload
    try:
        wire.send(frame)
    except OSError:  # the kernel refuses frames longer than the MTU
        pass


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol: int, payload: bytes, destination: str = REMOTE_V4, identification: int = 0,
         fragment: int = 0) -> bytes:
    """`fragment`: the flags and offset field."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64,
                       protocol, 0, socket.inet_aton(GUEST_V4), socket.inet_aton(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(protocol: int, payload: bytes, destination: str) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + \
        socket.inet_pton(socket.AF_INET6, GUEST_V6) + \
        socket.inet_pton(socket.AF_INET6, destination) + payload


def with_checksum(protocol: int, segment: bytes, destination: str, at: int) -> bytes:
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    source = GUEST_V6 if ":" in destination else GUEST_V4
    pseudo = socket.inet_pton(family, source) + socket.inet_pton(family, destination) + \
        struct.pack("!II", len(segment), protocol)
    return segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2:]


def tcp(destination: str, port: int, source_port: int, flags: int = SYN, options: bytes = b"",
        payload: bytes = b"") -> bytes:
    options += b"\0" * (-len(options) % 4)
    offset = (5 + len(options) // 4) << 4
    segment = struct.pack("!HHIIBBHHH", source_port, port, chance.getrandbits(32),
                          chance.getrandbits(32), offset & 0xF0, flags, 65535, 0, 0)
    return with_checksum(TCP, segment + options + payload, destination, 16)


def udp(destination: str, port: int, source_port: int, payload: bytes = b"question") -> bytes:
    segment = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload
    return with_checksum(UDP, segment, destination, 6)


def good_packets():
    """Sound packets of many kinds, to be spoiled."""
    for number in itertools.count(1):
        port = 20000 + number % 20000
        yield 0x0800, ipv4(TCP, tcp(REMOTE_V4, 7001, port))
        yield 0x0800, ipv4(UDP, udp(REMOTE_V4, 7001, port))
        yield 0x0800, ipv4(ICMP, b"\x08\0\xf7\xff\0\0\0\0")
        yield 0x86DD, ipv6(UDP, udp("2001:db8::2", 7001, port), "2001:db8::2")
        yield 0x86DD, ipv6(TCP, tcp("2001:db8::2", 7001, port), "2001:db8::2")
        yield 0x0806, struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, own_mac,
                                  socket.inet_aton(GUEST_V4), b"", socket.inet_aton(GATEWAY_V4))
        yield 0x0800, ipv4(UDP, udp(GATEWAY_V4, 67, 68, bytes(240)))
        yield 0x0800, ipv4(UDP, udp("10.0.2.3", 53, port, b"\0\1\1\0\0\1" + bytes(6)))


def noise() -> None:
    for _ in range(COUNT):
        send(chance.choice((0x0800, 0x86DD, 0x0806, chance.getrandbits(16))),
             chance.randbytes(chance.randrange(1400)))


def short() -> None:
    for size in range(60):
        for kind in (0x0800, 0x86DD, 0x0806, 0x8100, 0x0003):
            send(kind, bytes([0x45 if kind == 0x0800 else 0x60] * size))


def truncated() -> None:
    for kind, packet in itertools.islice(good_packets(), 100):
        for size in range(len(packet)):
            send(kind, packet[:size])


def flipped() -> None:
    for kind, packet in itertools.islice(good_packets(), COUNT):
        spoiled = bytearray(packet)
        for _ in range(chance.randrange(1, 5)):
            spoiled[chance.randrange(len(spoiled))] = chance.getrandbits(8)
        send(kind, bytes(spoiled))


def fragments() -> None:
    """Never complete, overlapping, in no order, of size 0, beyond the largest packet."""
    for number in range(COUNT):
        offset = chance.randrange(8192)
        more = chance.choice((0, 0x2000))
        send(0x0800, ipv4(chance.choice((TCP, UDP, ICMP)), chance.randbytes(chance.randrange(200)),
                          identification=number % 50, fragment=more | offset))
        head = struct.pack("!BBHI", UDP, 0, offset << 3 | bool(more), number % 50)
        send(0x86DD, ipv6(44, head + chance.randbytes(chance.randrange(200)), "2001:db8::2"))


def huge_fragments() -> None:
    """More to be held than anybody should hold: 60 KB of each of 1000 datagrams, never the end."""
    for number in range(1000):
        for offset in range(0, 60000, 1400):
            send(0x0800, ipv4(UDP, bytes(1400), identification=number,
                              fragment=0x2000 | offset // 8))


def tcp_options() -> None:
    for number in range(COUNT):
        options = chance.randbytes(chance.randrange(41))
        send(0x0800, ipv4(TCP, tcp(REMOTE_V4, 7000, 10000 + number, options=options)))


def nonsense_tcp() -> None:
    """Any flags, any time, to ports with and without a flow."""
    for number in range(COUNT):
        send(0x0800, ipv4(TCP, tcp(REMOTE_V4, 7000, 10000 + number % 50,
                                   flags=chance.getrandbits(8),
                                   payload=chance.randbytes(chance.randrange(100)))))


def forbidden() -> None:
    for number, address in enumerate(("127.0.0.1", "127.255.0.1", "0.0.0.0", "0.1.2.3",
                                      "240.0.0.1", "255.255.255.255", "224.0.0.1")):
        send(0x0800, ipv4(TCP, tcp(address, 7000, 30000 + number), address))
        send(0x0800, ipv4(UDP, udp(address, 7000, 30000 + number), address))
        datagram = udp(address, 7000, 31000 + number, bytes(1600))
        send(0x0800, ipv4(UDP, datagram[:1400], address, number, 0x2000))
        send(0x0800, ipv4(UDP, datagram[1400:], address, number, 1400 // 8))
    for number, address in enumerate(("::1", "::", "::ffff:127.0.0.1", "::ffff:192.0.2.1",
                                      "ff02::1")):
        send(0x86DD, ipv6(TCP, tcp(address, 7000, 30000 + number), address))
        send(0x86DD, ipv6(UDP, udp(address, 7000, 30000 + number), address))


def denied_flood() -> None:
    for number in range(20000):
        send(0x0800, ipv4(TCP, tcp(GATEWAY_V4, 1 + number, 30000), GATEWAY_V4))


def half_open() -> None:
    for number in range(1000):
        send(0x0800, ipv4(TCP, tcp(REMOTE_V4, 7000, 10000 + number)))


{kind.__name__.replace("_", "-"): kind for kind in (
    noise, short, truncated, flipped, fragments, huge_fragments, tcp_options, nonsense_tcp,
    forbidden, denied_flood, half_open)}[sys.argv[1]]()
