#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rootless Podman, unchanged, on our netns-slirp: each option of --network=slirp4netns:..."""

import itertools

from support import engine, host, podman, process, tap

remote = host.Remote()
# An interface with addresses that a packet to the other machine does not get by itself.
OTHER_V4, OTHER_V6 = "192.0.2.7", "2001:db8::7"
host.root("ip", "link", "add", "side", "type", "veth", "peer", "name", "side-end")
host.root("ip", "address", "add", f"{OTHER_V4}/32", "dev", "side")
host.root("ip", "address", "add", f"{OTHER_V6}/128", "dev", "side", "nodad")
host.root("ip", "link", "set", "side", "up")
remote.run("ip", "route", "add", OTHER_V6, "via", remote.host_v6)
ports = itertools.count(7000)
dns_server = str(host.SOURCE / "tests/support/dns_server.py")


def container(options: str, *more: str) -> podman.Container:
    made = podman.Container(f"--network=slirp4netns:{options}", *more)
    engine.the_helper()
    return made


def addresses(of: podman.Container) -> list[str]:
    return [entry["local"] for entry in of.interface()["addr_info"]]


def source_address(inside: podman.Container, server: str) -> tuple[str, str]:
    """The container's address, as a TCP and a UDP server on another machine see it."""
    port = next(ports)
    tcp = process.peer("tcp-echo", server, port, inside=remote.pid)
    udp = process.peer("udp-echo", server, port, inside=remote.pid)
    inside.peer("tcp-echo-ask", server, port)
    inside.peer("udp-ask", server, port, 100, 1)
    return tcp.says("client").out.split()[2], udp.says("100 from").out.split()[3]


@tap.case("allow_host_loopback=true leads to the host's 127.0.0.1, TCP and UDP")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    process.peer("udp-echo", "127.0.0.1", 7000)
    made = container("allow_host_loopback=true")
    tap.lacks(" ".join(podman.helper_arguments()), "--disable-host-loopback")
    tap.equal(made.peer("tcp-echo-ask", "10.0.2.2", 7000), "there and back\n")
    tap.contains(made.peer("udp-ask", "10.0.2.2", 7000, 1000, 3), "all 3 came back")


@tap.case("allow_host_loopback=false closes it, TCP and UDP")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    process.peer("udp-echo", "127.0.0.1", 7000)
    made = container("allow_host_loopback=false")
    tap.contains(" ".join(podman.helper_arguments()), "--disable-host-loopback")
    tap.equal(made.peer("connect", "10.0.2.2", 7000), "ENETUNREACH\n")
    tap.lacks(made.peer("udp-connect", "10.0.2.2", 7000), "answered")


@tap.case("enable_ipv6=true: an IPv6 address, and other machines are reached by it")
def _():
    made = container("enable_ipv6=true")
    tap.contains(" ".join(addresses(made)), "fd00::")
    process.peer("tcp-echo", remote.v6, 7000, inside=remote.pid)
    tap.equal(made.peer("tcp-echo-ask", remote.v6, 7000), "there and back\n")


@tap.case("enable_ipv6=false: none")
def _():
    made = container("enable_ipv6=false")
    tap.lacks(" ".join(addresses(made)), "fd00::")
    tap.lacks(" ".join(podman.helper_arguments()), "ipv6")


@tap.case("mtu: 65520 without it, otherwise what it says")
def _():
    tap.equal(container("mtu=1500").interface()["mtu"], 1500)
    tap.equal(podman.Container().interface()["mtu"], 65520)
    tap.equal(podman.Container("--network=slirp4netns:mtu=9000").interface()["mtu"], 9000)


@tap.case("mtu=1500 carries datagrams of any size")
def _():
    process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    made = container("mtu=1500")
    for size in (1472, 1473, 20000):
        tap.contains(made.peer("udp-ask", remote.v4, 7000, size, 2), "all 2 came back")


@tap.case("cidr: address, gateway and name server are those of the network")
def _():
    process.Process([*process.PYTHON, dns_server, "127.0.0.1"], user=False).says("listening")
    process.peer("tcp-echo", "127.0.0.1", 7000)
    made = container("cidr=10.88.7.0/24,allow_host_loopback=true", "--cap-add=NET_RAW")
    tap.contains(" ".join(addresses(made)), "10.88.7.100")
    tap.contains(made.run("ip", "route"), "default via 10.88.7.2 dev tap0")
    tap.contains(made.run("cat", "/etc/resolv.conf"), "nameserver 10.88.7.3")
    tap.contains(made.run("nslookup", "-type=a", "www.example.test", "10.88.7.3"), remote.v4)
    made.run("ping", "-c1", "-W5", "10.88.7.2")
    tap.equal(made.peer("tcp-echo-ask", "10.88.7.2", 7000), "there and back\n")


@tap.case("cidr: a published port leads to the container's address there")
def _():
    for handler in ("slirp4netns", "rootlesskit"):
        web = podman.web_server(
            f"--network=slirp4netns:cidr=10.88.7.0/24,port_handler={handler}",
            "--publish=127.0.0.1:8080:80")
        got = process.run(["curl", "-sS", "--max-time", "10", "http://127.0.0.1:8080/"])
        tap.equal(process.succeeds(got), engine.WEB_PAGE)
        web.remove()


@tap.case("cidr: two containers with the same one do not meet")
def _():
    first = container("cidr=10.88.7.0/24")
    second = podman.Container("--network=slirp4netns:cidr=10.88.7.0/24")
    tap.equal(addresses(first)[0], addresses(second)[0])
    tap.equal(len(engine.helpers()), 2)


def cases_of_outbound(option: str, server: str, first: str, other: str) -> None:
    @tap.case(f"{option}=ADDRESS: TCP and UDP leave by it")
    def _():
        for address in (first, other):
            made = container(f"{option}={address}")
            tap.equal(source_address(made, server), (address, address))
            made.remove()

    @tap.case(f"{option}=INTERFACE: they leave by an address of it")
    def _():
        tap.equal(source_address(container(f"{option}=side"), server), (other, other))


cases_of_outbound("outbound_addr", remote.v4, remote.host_v4, OTHER_V4)
cases_of_outbound("outbound_addr6", remote.v6, remote.host_v6, OTHER_V6)


@tap.case("an interface for both families")
def _():
    made = container("outbound_addr=side,outbound_addr6=side")
    tap.equal(source_address(made, remote.v4), (OTHER_V4, OTHER_V4))
    tap.equal(source_address(made, remote.v6), (OTHER_V6, OTHER_V6))


@tap.case("with an outbound address that the host does not have nothing leaves by another one")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    udp = process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    made = container("outbound_addr=203.0.113.9")
    tap.equal(made.peer("connect", remote.v4, 7000), "ENETUNREACH\n")
    tap.lacks(made.peer("udp-connect", remote.v4, 7000), "answered")
    tap.lacks(udp.out, "from")


@tap.case("all options at once")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    made = podman.web_server(
        "--network=slirp4netns:port_handler=slirp4netns,allow_host_loopback=true,enable_ipv6=true,"
        f"mtu=4000,cidr=10.88.0.0/16,outbound_addr={OTHER_V4},outbound_addr6={OTHER_V6}",
        "--publish=8080:80")
    tap.equal(made.interface()["mtu"], 4000)
    tap.equal(made.peer("tcp-echo-ask", "10.88.0.2", 7000), "there and back\n")
    tap.equal(source_address(made, remote.v4), (OTHER_V4, OTHER_V4))
    got = process.run(["curl", "-sS", "--max-time", "10", "http://127.0.0.1:8080/"])
    tap.equal(process.succeeds(got), engine.WEB_PAGE)


tap.main()
