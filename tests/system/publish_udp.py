#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Published UDP ports: an echo server in the guest, asked from the host and another machine."""

from support import host, process, tap

remote = host.Remote()


def ask(address: str, port: int, size: int = 100, count: int = 5,
        inside: int | None = None) -> None:
    """Each datagram comes back unchanged, from the very address that was asked."""
    process.succeeds(process.run([*process.PEER, "udp-ask", address, str(port), str(size),
                                  str(count)], inside=inside))


@tap.case("-p 5300:53/udp answers on every IPv4 address of the host, and to another machine")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    ask("127.0.0.1", 5300)
    ask(remote.host_v4, 5300)
    ask(remote.host_v4, 5300, inside=remote.pid)


@tap.case("-p 5300:53/udp answers on every IPv6 address of the host, and to another machine")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "::", 53)
    ask("::1", 5300)
    ask(remote.host_v6, 5300)
    ask(remote.host_v6, 5300, inside=remote.pid)


@tap.case("-p with an address serves that address only")
def _():
    process.guest_server(["-p", "127.0.0.2:5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    ask("127.0.0.2", 5300)
    refused = process.run([*process.PEER, "udp-connect", "127.0.0.1", "5300"])
    tap.equal(refused.out, "ECONNREFUSED\n")


@tap.case("a host port with several addresses answers from the one that was asked")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    for address in ("127.0.0.1", "127.0.0.9", remote.host_v4):
        ask(address, 5300)


@tap.case("TCP and UDP of one port are two forwards")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    process.guest_server(["-p", "5300:53/tcp"], "tcp-hello", "0.0.0.0", 53, "tcp")
    ask("127.0.0.1", 5300)
    answer = process.run(["socat", "-T15", "-u", "TCP:127.0.0.1:5300", "-"])
    tap.contains(process.succeeds(answer), "tcp ")


@tap.case("a range of UDP ports maps port to port")
def _():
    process.guest_server(["-p", "5300-5309:6300-6309/udp"], "udp-echo", "0.0.0.0", 6309)
    ask("127.0.0.1", 5309)


@tap.case("two ports of the host lead to one of the guest, each with its own answers")
def _():
    process.guest_server(["-p", "5300:53/udp", "-p", "5301:53/udp"], "udp-echo", "0.0.0.0", 53)
    for port in (5300, 5301, 5300):
        ask("127.0.0.1", port)


@tap.case("another machine is seen with its own address")
def _():
    guest = process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    ask(remote.host_v4, 5300, inside=remote.pid)
    tap.contains(guest.out, f"100 from {remote.v4} ")


@tap.case("another machine is seen with its own address, IPv6")
def _():
    guest = process.guest_server(["-p", "5300:53/udp"], "udp-echo", "::", 53)
    ask(remote.host_v6, 5300, inside=remote.pid)
    tap.contains(guest.out, f"100 from {remote.v6} ")


@tap.case("a client on the host's loopback is seen as the gateway")
def _():
    guest = process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    ask("127.0.0.1", 5300)
    tap.contains(guest.out, "100 from 10.0.2.2 ")


@tap.case("datagrams of 1 to 60000 bytes come back whole, IPv4")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    for size in (1, 1472, 1473, 9000, 60000):
        ask("127.0.0.1", 5300, size=size, count=3)


@tap.case("datagrams of 1 to 60000 bytes come back whole, IPv6")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "::", 53)
    for size in (1, 1452, 1453, 9000, 60000):
        ask("::1", 5300, size=size, count=3)


@tap.case("thirty clients at once get their own answers")
def _():
    process.guest_server(["-p", "5300:53/udp"], "udp-echo", "0.0.0.0", 53)
    clients = [process.Process([*process.PEER, "udp-ask", "127.0.0.1", "5300", "64", "20"])
               for _ in range(30)]
    for client in clients:
        process.succeeds(client.wait())


tap.main()
