# SPDX-License-Identifier: Apache-2.0
"""What every engine's containers have to reach, and from where they have to be reached, in one
place: the same claims for RootlessKit, Docker and others.

`run` is a function that runs a command in the container and gives back its output, `peer` how to
call support/peer.py there.
"""

from collections.abc import Callable, Sequence

from support import host, process, tap, waiting

TCP_PORT, SINK_PORT, SOURCE_PORT, UDP_PORT = 7001, 7002, 7003, 7004
BULK_BYTES = 16 << 20

Run = Callable[..., str]

_on_loopback: process.Process  # the echo server on the host's loopback


def start_outside(remote: host.Remote) -> None:
    """Servers on the host's loopback and on the remote machine, and the host's name server. The
    remote machine is www.example.test there."""
    process.peer("tcp-echo", "", 7000, inside=remote.pid)
    process.peer("udp-echo", "", 7000, inside=remote.pid)
    global _on_loopback
    _on_loopback = process.peer("tcp-echo", "127.0.0.1", 7000)
    name_server = str(host.SOURCE / "tests/support/dns_server.py")
    process.Process([*process.PYTHON, name_server, "127.0.0.1"], user=False).says("listening")


def outside_is_reached(run: Run, peer: Sequence[str], remote: host.Remote) -> None:
    """TCP, UDP, names and ping, after start_outside."""
    for name in (remote.v4, "www.example.test"):
        tap.equal(run(*peer, "tcp-echo-ask", name, "7000"), "there and back\n")
    tap.equal(run(*peer, "udp-ask", remote.v4, "7000", "1000", "5"), "all 5 came back\n")
    tap.contains(run("ping", "-c", "1", "-W", "5", remote.v4), "1 packets transmitted, 1 ")


def host_loopback_is_closed(run: Run, peer: Sequence[str], gateway: str = "10.0.2.2") -> None:
    """After start_outside, for an engine that disables it. What counts is that nobody reaches the
    host's server. (Once in some hundred attempts behind Docker's bridge connect(2) claimed success
    without one; the error at once is a claim of helper_start.py.)"""
    said = run(*peer, "connect", gateway, "7000")
    tap.equal(_on_loopback.out, "listening\n", f"the container, which said {said!r},")


def servers(peer: Sequence[str], also: str = "") -> Sequence[str]:
    """A command with servers of all kinds at the ports above."""
    words = " ".join(peer)
    return ("sh", "-c", f"{words} tcp-sink '' {SINK_PORT} & "
            f"{words} tcp-source '' {SOURCE_PORT} {BULK_BYTES} & "
            f"{words} udp-echo '' {UDP_PORT} & {also} exec {words} tcp-echo '' {TCP_PORT}")


def servers_are_ready(log: Callable[[], str]) -> None:
    waiting.until(lambda: log().count("listening") == 4, lambda: f"the servers; {log()!r}", 30)


def answers(address: str, inside: int | None = None, tcp: int = TCP_PORT,
            udp: int = UDP_PORT) -> None:
    """The echo servers behind published ports answer a client on the host or `inside` another
    namespace."""
    for role, port, found in (("tcp-echo-ask", tcp, "there and back\n"),
                              ("udp-ask", udp, "all 3 came back\n")):
        more = (1000, 3) if role == "udp-ask" else ()
        client = process.peer(role, address, port, *more, inside=inside)
        tap.equal(process.succeeds(client.wait()), found, f"{role} {address} {port}")


def bulk_arrives(address: str, log: Callable[[], str], inside: int | None = None,
                 sink: int = SINK_PORT, source: int = SOURCE_PORT) -> None:
    """Up and down: every byte, the end of one direction while the other one is open."""
    up = process.peer("tcp-send", address, sink, BULK_BYTES, inside=inside).wait()
    count, digest, *received = process.succeeds(up).split()
    tap.equal(received, [count, digest], f"up through {address}")
    down = process.peer("tcp-fetch", address, source, inside=inside).wait()
    sent = "sent " + process.succeeds(down).strip()
    waiting.until(lambda: sent in log(), lambda: f"{sent!r} in {log()[-500:]!r}")
