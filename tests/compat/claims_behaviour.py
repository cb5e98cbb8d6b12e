#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What callers of slirp4netns depend on while it runs, claim by claim, and where the reference is
known to fail; beside tests/system/helper_*.py."""

import os
import signal
import socket
import stat

from support import engine, host, process, tap, waiting
from support.target import Helper, Target

remote = host.Remote()
API = "/tmp/api.sock"
OTHER_V4, OTHER_V6 = "192.0.2.7", "2001:db8::7"
host.root("ip", "link", "add", "side", "type", "veth", "peer", "name", "side-end")
host.root("ip", "address", "add", f"{OTHER_V4}/32", "dev", "side")
host.root("ip", "address", "add", f"{OTHER_V6}/128", "dev", "side", "nodad")
host.root("ip", "link", "set", "side", "up")
remote.run("ip", "route", "add", OTHER_V6, "via", remote.host_v6)


def ask(role: str, port: int, *arguments: object, address: str = "127.0.0.1") -> str:
    return process.succeeds(process.run([*process.PEER, role, address, str(port),
                                         *map(str, arguments)]))


@tap.case("when the ready fd says 1 the API socket answers, with sandbox and seccomp")
def _():
    helper = Helper(Target(), "-c", "--enable-sandbox", "--enable-seccomp", api_path=API).ready()
    tap.equal(helper.ask({"execute": "list_hostfwd"})["return"]["entries"], [])
    tap.equal(stat.S_IMODE(os.stat(API).st_mode), 0o600)


@tap.case("a port added before the address exists works once it does, as RootlessKit does it")
def _():
    target = Target()
    target.run("sh", "-c", "ip tuntap add name tap0 mode tap; ip link set tap0 up")
    helper = Helper(target, "--mtu=65520", api_path=API).ready()
    helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8080, guest_addr="10.0.2.100",
               guest_port=80)
    helper.add(proto="udp", host_addr="127.0.0.1", host_port=5300, guest_port=53)
    target.run("sh", "-c", "ip link set lo up; ip link set tap0 mtu 65520; "
               "ip address add 10.0.2.100/24 dev tap0; ip route add default via 10.0.2.2")
    target.start(*process.PEER, "tcp-echo", "0.0.0.0", 80).says("listening")
    target.start(*process.PEER, "udp-echo", "0.0.0.0", 53).says("listening")
    tap.equal(ask("tcp-echo-ask", 8080), "there and back\n")
    tap.contains(ask("udp-ask", 5300, 100, 3), "all 3 came back")


@tap.case("two UDP ports to one of the guest's both work, and go independently")
def _():
    target = Target()
    helper = Helper(target, "-c", "--disable-host-loopback", api_path=API).ready()
    target.start(*process.PEER, "udp-echo", "0.0.0.0", 53).says("listening")
    ids = [helper.add(proto="udp", host_addr="127.0.0.1", host_port=port, guest_port=53)
           for port in (5300, 5301)]
    for port in (5300, 5301):
        tap.contains(ask("udp-ask", port, 100, 3), "all 3 came back")
    helper.ask({"execute": "remove_hostfwd", "arguments": {"id": ids[0]}})
    tap.contains(ask("udp-ask", 5301, 100, 3), "all 3 came back")
    tap.equal(ask("udp-connect", 5300), "ECONNREFUSED\n")


@tap.case("a port of the guest's that listens later is reached then; before, clients are refused")
def _():
    target = Target()
    helper = Helper(target, "-c", api_path=API).ready()
    helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8080, guest_port=80)
    refused = process.run([*process.PEER, "tcp-echo-ask", "127.0.0.1", "8080"])
    tap.contains(refused.err, "ConnectionResetError")
    target.start(*process.PEER, "tcp-echo", "0.0.0.0", 80).says("listening")
    tap.equal(ask("tcp-echo-ask", 8080), "there and back\n")


@tap.case("a request of more than 4096 bytes is answered")
def _():
    helper = Helper(Target(), "-c", api_path=API).ready()
    helper.add(proto="tcp", host_port=8080, guest_port=80, host_addr="127.0.0.1", note="x" * 5000)


def leaves_by(option: str, server: str, expected: str) -> None:
    target = Target()
    Helper(target, "-c", "--enable-ipv6", option).ready()
    tcp = process.peer("tcp-echo", server, 7000, inside=remote.pid)
    udp = process.peer("udp-echo", server, 7000, inside=remote.pid)
    target.run(*process.PEER, "tcp-echo-ask", server, 7000)
    target.run(*process.PEER, "udp-ask", server, 7000, 100, 1)
    tap.contains(tcp.says("client").out, f"client {expected} ")
    tap.contains(udp.says("from").out, f"from {expected} ")


@tap.case("--outbound-addr=ADDRESS is for TCP and UDP")
def _():
    leaves_by(f"--outbound-addr={OTHER_V4}", remote.v4, OTHER_V4)


@tap.case("--outbound-addr=INTERFACE")
def _():
    leaves_by("--outbound-addr=side", remote.v4, OTHER_V4)


@tap.case("--outbound-addr6=ADDRESS is for TCP and UDP")
def _():
    leaves_by(f"--outbound-addr6={OTHER_V6}", remote.v6, OTHER_V6)


@tap.case("--outbound-addr6=INTERFACE is looked up in its own option")
def _():
    leaves_by("--outbound-addr6=side", remote.v6, OTHER_V6)


@tap.case("--netns-type=tapfd: a TAP that the caller has opened")
def _():
    target = Target()
    script = ("import fcntl, os, socket, struct; tap = os.open('/dev/net/tun', os.O_RDWR); "
              "fcntl.ioctl(tap, 0x400454ca, struct.pack('16sH22x', b'tap0', 0x1002)); "  # NO_PI
              "s = socket.socket(socket.AF_UNIX); s.connect('/tmp/fd.sock'); "
              "socket.send_fds(s, [b'x'], [tap])")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("/tmp/fd.sock")
        os.chmod("/tmp/fd.sock", 0o777)
        listener.listen()
        target.start("python3", "-c", script).wait()
        with listener.accept()[0] as connection:
            opened = socket.recv_fds(connection, 1, 1)[1][0]
    os.unlink("/tmp/fd.sock")
    target.run("sh", "-c", "ip link set tap0 up; ip address add 10.0.2.100/24 dev tap0; "
               "ip route add default via 10.0.2.2")
    Helper(str(opened), "--netns-type=tapfd", pass_fds=[opened]).ready()
    os.close(opened)
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, 7000), "there and back\n")


@tap.case("PDEATHSIG: the end of the caller's process ends it, all its processes")
def _():
    target = Target()
    caller = process.Process(
        ["sh", "-c", f"setpriv --pdeathsig KILL {process.NETNS_SLIRP} -c --enable-sandbox "
         f"--enable-seccomp -r 5 {target.pid} tap0 5>&1 & wait"])
    caller.says("1")
    tap.equal(len(engine.helpers()), 1)
    caller.signal(signal.SIGKILL)
    waiting.until(lambda: not engine.helpers(), "the helper's end")


@tap.case("several helpers at a time, each with the same addresses, do not disturb each other")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    targets = [Target() for _ in range(5)]
    helpers = [Helper(target, "-c") for target in targets]
    for target, helper in zip(targets, helpers):
        helper.ready()
        tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, 7000), "there and back\n")


tap.main()
