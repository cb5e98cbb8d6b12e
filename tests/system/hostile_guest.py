#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the guest's root may put on the wire: nothing ends the helper, nothing reaches a forbidden
address, and afterwards the network works as before."""

import subprocess

from support import host, process, tap

remote = host.Remote()
SENDER = str(host.SOURCE / "tests/support/frames.py")


def survives(kind: str, *options: str) -> str:
    """Sends frames of a kind (see support/frames.py), then asks another machine."""
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    script = " && ".join((
        f"{' '.join(process.PYTHON)} {SENDER} {kind}",
        # Repeated until one is answered: the first may be lost in the queue behind the frames.
        "ping -c 1 -w 20 10.0.2.2",
        f"{' '.join(process.PEER)} tcp-echo-ask {remote.v4} 7000",
        f"{' '.join(process.PEER)} udp-ask {remote.v4} 7000 100 3"))
    result = process.netns_run("--map-root", *options, "--", "sh", "-c", script, seconds=50)
    tap.contains(process.succeeds(result), "there and back\n")
    tap.lacks(result.err, "ended", "Sanitizer")
    return result.err


for kind in ("noise", "short", "truncated", "flipped", "fragments", "huge-fragments",
             "tcp-options", "nonsense-tcp"):
    @tap.case(f"frames of kind {kind} harm nothing")
    def _(kind=kind):
        survives(kind)


for options in ((), ("--allow-host-loopback", "--allow-link-local")):
    @tap.case(f"frames to what is never a destination reach nobody and are logged {options}")
    def _(options=options):
        servers = [process.peer(role, address, 7000) for role in ("tcp-echo", "udp-echo")
                   for address in ("127.0.0.1", "::1")]
        tap.contains(survives("forbidden", *options), "127.0.0.1", "never a destination")
        tap.equal([server.out for server in servers], ["listening\n"] * len(servers))


@tap.case("a flood of denied flows is a few lines of log")
def _():
    said = survives("denied-flood")
    tap.true(len(said.splitlines()) < 100, f"{len(said.splitlines())} lines")


@tap.case("a thousand half-open connections leave room for others")
def _():
    survives("half-open")


@tap.case("the guest's interface taken down and up again works on")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    shown = process.guest_shell(
        "ip link set tap0 down; ip link set tap0 up; ip route add default via 10.0.2.2; "
        f"{' '.join(process.PEER)} tcp-echo-ask {remote.v4} 7000", options=["--map-root"])
    tap.equal(shown, "there and back\n")


@tap.case("the guest's interface deleted: the command goes on, netns-run ends with it")
def _():
    guest = process.start_netns_run("--map-root", "--", "sh", "-c",
                                    "ip link del tap0; echo gone; read x; exit 3",
                                    stdin=subprocess.PIPE).says("gone")
    guest.stdin.write(b"\n")
    guest.stdin.flush()
    tap.equal(guest.wait().status, 3)


tap.main()
