#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From the guest to another machine: TCP, UDP, ping, errors, half-close, in IPv4 and IPv6."""

from support import host, process, tap

remote = host.Remote()
BOTH = (remote.v4, remote.v6)
PEER = process.PEER


def guest_peer(role: str, *arguments: object, options: tuple[str, ...] = ()) -> str:
    """The output of a client of support/peer.py in a guest."""
    return process.in_guest(*PEER, role, *map(str, arguments), options=options)


@tap.case("TCP to another machine, which sees the host's address")
def _():
    for address, seen in ((remote.v4, remote.host_v4), (remote.v6, remote.host_v6)):
        server = process.peer("tcp-echo", address, 7000, inside=remote.pid)
        tap.equal(guest_peer("tcp-echo-ask", address, 7000), "there and back\n")
        tap.contains(server.out, f"client {seen} ")


@tap.case("UDP to another machine, which sees the host's address")
def _():
    for address, seen in ((remote.v4, remote.host_v4), (remote.v6, remote.host_v6)):
        server = process.peer("udp-echo", address, 7000, inside=remote.pid)
        guest_peer("udp-ask", address, 7000, 100, 20)
        tap.contains(server.out, f"100 from {seen} ")


@tap.case("UDP of 1 to 60000 bytes, fragments on the link, comes back whole, IPv4")
def _():
    process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    for size in (1, 1472, 1473, 9000, 60000):
        guest_peer("udp-ask", remote.v4, 7000, size, 3)


@tap.case("UDP of 1 to 60000 bytes, fragments on the link, comes back whole, IPv6")
def _():
    process.peer("udp-echo", remote.v6, 7000, inside=remote.pid)
    for size in (1, 1452, 1453, 9000, 60000):
        guest_peer("udp-ask", remote.v6, 7000, size, 3)


@tap.case("a refused TCP connection is refused in the guest, IPv4 and IPv6")
def _():
    for address in BOTH:
        tap.equal(guest_peer("connect", address, 7001), "ECONNREFUSED\n")


@tap.case("a network that the host cannot reach is unreachable in the guest at once")
def _():
    tap.true(guest_peer("connect", "203.0.113.9", 80) in ("ENETUNREACH\n", "EHOSTUNREACH\n"),
             "not unreachable")


@tap.case("a refused UDP datagram is refused in the guest")
def _():
    tap.equal(guest_peer("udp-connect", remote.v4, 7001), "ECONNREFUSED\n")


@tap.case("half-close: the guest ends its stream, then reads the answer")
def _():
    for address in BOTH:
        process.peer("tcp-sink", address, 7000, inside=remote.pid)
        # tcp-sink answers only after the end of the stream.
        sent = guest_peer("tcp-send", address, 7000, 300000).split()
        tap.equal(sent[:2], sent[2:])


@tap.case("half-close: the far side ends its stream, then reads what the guest still sends")
def _():
    far = process.Process(
        [*process.PYTHON, "-c",
         "import socket\n"
         f"server = socket.create_server(('{remote.v4}', 7000))\n"
         "print('listening')\n"
         "peer, _ = server.accept()\n"
         "peer.sendall(b'done here\\n'); peer.shutdown(socket.SHUT_WR)\n"
         "print('got', b''.join(iter(lambda: peer.recv(4096), b'')).decode())\n"],
        user=False, inside=remote.pid).says("listening")
    near = process.in_guest(
        *process.PYTHON, "-c",
        "import socket\n"
        f"peer = socket.create_connection(('{remote.v4}', 7000))\n"
        "print(b''.join(iter(lambda: peer.recv(4096), b'')).decode(), end='')\n"
        "peer.sendall(b'still talking'); peer.close()\n")
    tap.equal(near, "done here\n")
    tap.equal(far.wait().out, "listening\ngot still talking\n")


@tap.case("what a command has sent arrives although it ends at once, and the far side reads late")
def _():
    far = process.Process(
        [*process.PYTHON, "-c",
         "import socket, time\n"
         f"server = socket.create_server(('{remote.v4}', 7000))\n"
         "print('listening')\n"
         "peer, _ = server.accept()\n"
         "time.sleep(0.3)\n"
         "print('got', sum(len(piece) for piece in iter(lambda: peer.recv(65536), b'')))\n"],
        user=False, inside=remote.pid).says("listening")
    process.in_guest(*process.PYTHON, "-c",
                     "import os, socket\n"
                     f"peer = socket.create_connection(('{remote.v4}', 7000))\n"
                     "peer.sendall(bytes(3_000_000)); os._exit(0)\n")
    tap.equal(far.wait().out, "listening\ngot 3000000\n")


@tap.case("half-close on a published port, both ways")
def _():
    guest = process.guest_server(["-p", "8080:80"], "tcp-sink", "0.0.0.0", 80)
    sent = process.succeeds(process.run([*PEER, "tcp-send", "127.0.0.1", "8080", "300000"]))
    tap.equal(sent.split()[:2], sent.split()[2:])
    tap.contains(guest.out, "received 300000")


@tap.case("a reset by the far side is a reset in the guest")
def _():
    process.Process(
        [*process.PYTHON, "-c",
         "import socket, struct\n"
         f"server = socket.create_server(('{remote.v4}', 7000))\n"
         "print('listening')\n"
         "peer, _ = server.accept(); peer.recv(1)\n"
         "peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
         "peer.close()\n"],
        user=False, inside=remote.pid).says("listening")
    seen = process.in_guest(
        *process.PYTHON, "-c",
        "import socket\n"
        f"peer = socket.create_connection(('{remote.v4}', 7000)); peer.sendall(b'x')\n"
        "try: print('end of stream' if not peer.recv(1) else 'data')\n"
        "except ConnectionResetError: print('reset')\n")
    tap.equal(seen, "reset\n")


@tap.case("ping to the gateway answers, IPv4 and IPv6")
def _():
    process.in_guest("ping", "-c", "2", "-i", "0.2", "-W", "5", "10.0.2.2")
    process.in_guest("ping", "-c", "2", "-i", "0.2", "-W", "5", "fd00::2")


@tap.case("ping beyond the gateway answers, IPv4 and IPv6")
def _():
    for address in BOTH:
        process.in_guest("ping", "-c", "2", "-i", "0.2", "-W", "5", address)


@tap.case("ping to nobody has no answer")
def _():
    result = process.netns_run("--", "ping", "-c", "1", "-W", "1", "192.0.2.77")
    tap.true(result.status != 0, f"somebody answered: {result.out}")


@tap.case("where the host forbids ping, the gateway still answers, and the sysctl is named once")
def _():
    if not host.is_really_root():
        tap.skip("only the real root can close ping again")
    host.set_sysctl("net.ipv4.ping_group_range", "1 0")
    try:
        process.in_guest("ping", "-c", "1", "-W", "5", "10.0.2.2")
        result = process.netns_run("--", "ping", "-c", "1", "-W", "2", remote.v4)
        tap.true(result.status != 0, f"somebody answered: {result.out}")
        tap.contains(result.err, "ping_group_range")
        tap.equal(result.err.count("ping_group_range"), 1)
    finally:
        host.set_sysctl("net.ipv4.ping_group_range", "0 2147483647")


@tap.case("--outbound-addr: another machine sees the address that was chosen, TCP and UDP")
def _():
    host.root("ip", "address", "add", "192.0.2.11/24", "dev", "uplink")
    try:
        options = ("--outbound-addr", "192.0.2.11")
        tcp = process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
        udp = process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
        guest_peer("tcp-echo-ask", remote.v4, 7000, options=options)
        guest_peer("udp-ask", remote.v4, 7000, 100, 1, options=options)
        tap.contains(tcp.out, "client 192.0.2.11 ")
        tap.contains(udp.out, "100 from 192.0.2.11 ")
    finally:
        host.root("ip", "address", "del", "192.0.2.11/24", "dev", "uplink")


@tap.case("three hundred connections, fifty at a time, all come to their end", seconds=150)
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    script = (
        "import concurrent.futures, os, socket\n"
        "def ask(number):\n"
        f"    with socket.create_connection(('{remote.v4}', 7000), 60) as peer:\n"
        "        data = os.urandom(1000 + 100 * number)\n"
        "        peer.sendall(data); peer.shutdown(socket.SHUT_WR)\n"
        "        return b''.join(iter(lambda: peer.recv(65536), b'')) == data\n"
        "with concurrent.futures.ThreadPoolExecutor(50) as pool:\n"
        "    print(sum(pool.map(ask, range(300))))\n")
    tap.equal(process.in_guest(*process.PYTHON, "-c", script, seconds=120), "300\n")


tap.main()
