#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the guest must not reach: the host's loopback, link-local and metadata addresses."""

import subprocess

from support import host, process, tap

remote = host.Remote()
METADATA_V4, METADATA_V6 = "169.254.169.254", "fd00:ec2::254"


def connects(address: str, port: int, *options: str) -> str:
    """What connect(2) comes to in the guest."""
    return process.in_guest(*process.PEER, "connect", address, str(port), options=options).strip()


def tries_datagram(address: str, port: int, *options: str) -> None:
    process.netns_run(*options, "--", *process.PEER, "udp-connect", address, str(port))


@tap.case("the host's loopback is closed: TCP to the gateway fails at once")
def _():
    server = process.peer("tcp-echo", "", 7000)
    for gateway in ("10.0.2.2", "fd00::2"):
        tap.true(connects(gateway, 7000) in ("ENETUNREACH", "EHOSTUNREACH", "EACCES",
                                             "ECONNREFUSED"), "it is open or silent")
    tap.equal(server.out, "listening\n")


@tap.case("the host's loopback is closed: UDP to the gateway reaches nobody")
def _():
    server = process.peer("udp-echo", "", 7000)
    for gateway in ("10.0.2.2", "fd00::2"):
        tries_datagram(gateway, 7000)
    tap.equal(server.out, "listening\n")


@tap.case("--allow-host-loopback opens it at the gateway, TCP and UDP, IPv4 and IPv6")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    process.peer("udp-echo", "127.0.0.1", 7000)
    process.peer("tcp-echo", "::1", 7000)
    process.peer("udp-echo", "::1", 7000)
    for gateway in ("10.0.2.2", "fd00::2"):
        tap.equal(connects(gateway, 7000, "--allow-host-loopback"), "connected")
        process.in_guest(*process.PEER, "udp-ask", gateway, "7000", "100", "3",
                         options=["--allow-host-loopback"])


@tap.case("with it, a port that nobody listens on is refused")
def _():
    tap.equal(connects("10.0.2.2", 7000, "--allow-host-loopback"), "ECONNREFUSED")


@tap.case("the guest's 127.0.0.1 is its own in either case")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    for options in ((), ("--allow-host-loopback",)):
        tap.equal(connects("127.0.0.1", 7000, *options), "ECONNREFUSED")
        tap.equal(connects("::1", 7000, *options), "ECONNREFUSED")


@tap.case("the guest's root gains nothing by routing 127.0.0.0/8 out of the interface")
def _():
    tcp = process.peer("tcp-echo", "127.0.0.5", 7000)
    udp = process.peer("udp-echo", "127.0.0.5", 7000)
    script = (
        "echo 1 >/proc/sys/net/ipv4/conf/tap0/route_localnet; "
        "ip route del table local local 127.0.0.0/8 dev lo; ip route del table local local "
        "127.0.0.1 dev lo; ip route add 127.0.0.0/8 via 10.0.2.2 src 10.0.2.100; "
        "ip route get 127.0.0.5; "
        f"{' '.join(process.PEER)} connect 127.0.0.5 7000; "
        f"{' '.join(process.PEER)} udp-connect 127.0.0.5 7000; true")
    for options in (["--map-root"], ["--map-root", "--allow-host-loopback"]):
        shown = process.guest_shell(script, options=options)
        tap.contains(shown, "127.0.0.5 via 10.0.2.2 dev tap0")
        tap.lacks(shown, "connected", "answered")
    tap.equal((tcp.out, udp.out), ("listening\n", "listening\n"))


def metadata_service() -> list[process.Process]:
    """Something that answers at the addresses of a cloud's metadata service."""
    for address in (f"{METADATA_V4}/32", f"{METADATA_V6}/128"):
        remote.run("ip", "address", "replace", address, "dev", "lo")
        host.root("ip", "route", "replace", address, "via",
                  remote.v6 if ":" in address else remote.v4)
    return [process.peer(role, address, 80, inside=remote.pid)
            for role in ("tcp-echo", "udp-echo") for address in (METADATA_V4, METADATA_V6)]


@tap.case("the metadata service of a cloud is closed")
def _():
    servers = metadata_service()
    for address in (METADATA_V4, METADATA_V6):
        tap.true(connects(address, 80) != "connected", f"{address} is open")
        tries_datagram(address, 80)
    tap.equal([server.out for server in servers], ["listening\n"] * 4)


@tap.case("--allow-link-local opens it")
def _():
    metadata_service()
    for address in (METADATA_V4, METADATA_V6):
        tap.equal(connects(address, 80, "--allow-link-local"), "connected")
        process.in_guest(*process.PEER, "udp-ask", address, "80", "100", "2",
                         options=["--allow-link-local"])


@tap.case("ping to link-local and metadata addresses is closed too")
def _():
    metadata_service()
    result = process.netns_run("--", "ping", "-c", "1", "-W", "1", METADATA_V4)
    tap.true(result.status != 0, result.out)


@tap.case("no control socket can be reached from the guest, not even by its name")
def _():
    guest = process.start_netns_run("--", "sh", "-c", "echo up; read x",
                                    stdin=subprocess.PIPE).says("up")
    names = [line.split()[7] for line in open("/proc/net/unix").read().splitlines()
             if len(line.split()) > 7 and line.split()[7].startswith("@")]
    inside = process.in_guest("cat", "/proc/net/unix")
    for name in names:
        tap.lacks(inside, name)
    tap.true(guest.is_running(), "the guest ended")


tap.main()
