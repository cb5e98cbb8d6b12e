#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The guest's interfaces, addresses and routes: there and usable when the command starts."""

import json

from support import process, tap


def interface(name: str = "tap0", options: tuple[str, ...] = ()) -> dict:
    shown = process.in_guest("ip", "-json", "address", "show", "dev", name, options=options)
    return json.loads(shown)[0]


def addresses(of: dict) -> set[str]:
    return {f"{a['local']}/{a['prefixlen']}" for a in of["addr_info"] if a["scope"] == "global"}


@tap.case("lo and tap0 are up, and there is nothing else")
def _():
    shown = json.loads(process.in_guest("ip", "-json", "link"))
    tap.equal(sorted(link["ifname"] for link in shown), ["lo", "tap0"])
    for link in shown:
        tap.contains(" ".join(link["flags"]), "UP", "LOWER_UP")


@tap.case("a burst of several hundred flows finds room in tap0's queue")
def _():
    tap.equal(interface()["txqlen"], 8192)  # os::kTapQueueFrames


@tap.case("tap0 has 10.0.2.100/24 and fd00::100/64, none tentative")
def _():
    tap0 = interface()
    tap.equal(addresses(tap0), {"10.0.2.100/24", "fd00::100/64"})
    tap.lacks(json.dumps(tap0), "tentative", "dadfailed")


@tap.case("the routes lead to 10.0.2.2 and fd00::2")
def _():
    tap.contains(process.in_guest("ip", "-4", "route"), "default via 10.0.2.2 dev tap0")
    tap.contains(process.in_guest("ip", "-6", "route"), "default via fd00::2 dev tap0")


@tap.case("IPv6 is usable with the first system call of the command")
def _():
    shown = process.in_guest(*process.PYTHON, "-c",
                             "import socket\nsocket.create_server(('fd00::100', 80), "
                             "family=socket.AF_INET6); print('bound')")
    tap.equal(shown, "bound\n")


@tap.case("--cidr and --cidr6 move everything")
def _():
    options = ("--cidr", "192.168.77.0/25", "--cidr6", "fd77:1::/64")
    tap.equal(addresses(interface(options=options)), {"192.168.77.100/25", "fd77:1::100/64"})
    process.in_guest("ping", "-c", "1", "-W", "5", "192.168.77.2", options=options)
    process.in_guest("ping", "-c", "1", "-W", "5", "fd77:1::2", options=options)
    tap.contains(process.in_guest("cat", "/etc/resolv.conf", options=options),
                 "nameserver 192.168.77.3\n")


@tap.case("--no-ipv6 leaves IPv4 alone")
def _():
    tap.equal(addresses(interface(options=("--no-ipv6",))), {"10.0.2.100/24"})
    process.in_guest("ping", "-c", "1", "-W", "5", "10.0.2.2", options=["--no-ipv6"])


@tap.case("--mtu is the interface's, and traffic flows at the ends of its range")
def _():
    for mtu in (1280, 1500, 9000, 65520, 65521):
        tap.equal(interface(options=("--mtu", str(mtu)))["mtu"], mtu)
        process.in_guest("ping", "-c", "1", "-W", "5", "10.0.2.2", options=["--mtu", str(mtu)])


@tap.case("--ifname names the interface")
def _():
    tap.equal(addresses(interface("net0", ("--ifname", "net0"))), {"10.0.2.100/24", "fd00::100/64"})


@tap.case("--mac is the interface's, and traffic flows")
def _():
    options = ("--mac", "02:11:22:33:44:55")
    tap.equal(interface(options=options)["address"], "02:11:22:33:44:55")
    process.in_guest("ping", "-c", "1", "-W", "5", "10.0.2.2", options=options)


@tap.case("two guests have different MAC addresses")
def _():
    tap.true(interface()["address"] != interface()["address"], "they are equal")


@tap.case("DHCP gives an address of the plan")
def _():
    shown = process.in_guest(
        *process.PYTHON, "-c",
        "import os, socket, struct\n"
        "client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
        "client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'tap0')\n"
        "client.settimeout(10); client.bind(('', 68))\n"
        "mac = bytes.fromhex(open('/sys/class/net/tap0/address').read().strip().replace(':', ''))\n"
        "head = struct.pack('!BBBB4sHH16s16s', 1, 1, 6, 0, b'test', 0, 0x8000, b'', mac)\n"
        "client.sendto(head + bytes(192) + bytes.fromhex('63825363350101ff'),\n"
        "              ('255.255.255.255', 67))\n"
        "reply = client.recv(1500); print(socket.inet_ntoa(reply[16:20]))\n",
        options=["--map-root"])
    tap.equal(shown, "10.0.2.15\n")


@tap.case("--tcp-engine takes its names and moves data")
def _():
    for engine in ("accelerated", "libslirp"):
        process.peer("tcp-echo", "127.0.0.1", 7000 + len(engine))
        process.in_guest(*process.PEER, "tcp-echo-ask", "10.0.2.2", str(7000 + len(engine)),
                         options=["--allow-host-loopback", "--tcp-engine", engine])


tap.main()
