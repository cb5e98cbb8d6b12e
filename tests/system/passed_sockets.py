#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sockets that the caller of netns-run has bound: --listen-fd, --listen-fds and LISTEN_FDS."""

import contextlib
import fcntl
import os
import pathlib
import signal
import socket
from collections.abc import Iterator, Sequence

from support import control, helper, host, process, tap, waiting

remote = host.Remote()
# Beyond what this test has open: each of its sockets is passed under its own number.
FIRST_NUMBER = 30


def bound(kind: int, address: str, port: int, *, dual: bool = False) -> socket.socket:
    """By the host's root."""
    new = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    if new.family == socket.AF_INET6:
        new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
    new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    new.bind((address, port))
    return new


def listener(address: str, port: int, *, dual: bool = False) -> socket.socket:
    new = bound(socket.SOCK_STREAM, address, port, dual=dual)
    new.listen()
    return new


def receiver(address: str, port: int, *, dual: bool = False) -> socket.socket:
    return bound(socket.SOCK_DGRAM, address, port, dual=dual)


@contextlib.contextmanager
def passed(*sockets: socket.socket, names: str | None = None, pid: str = "$$",
           service: bool = False) -> Iterator[tuple[list[str], dict]]:
    """What to write in front of netns-run, and for its process, so that it has them as descriptors
    from 3 on, and with `service` as a service manager says it. Afterwards nobody but what was
    started has them."""
    numbers = [fcntl.fcntl(each.fileno(), fcntl.F_DUPFD_CLOEXEC, FIRST_NUMBER) for each in sockets]
    script = "".join(f"exec {3 + at}<&{number} {number}<&-; " for at, number in enumerate(numbers))
    if service:
        script += f"export LISTEN_PID={pid} LISTEN_FDS={len(numbers)}; "
        script += f"export LISTEN_FDNAMES={names}; " if names else ""
    try:
        yield ["bash", "-c", script + 'exec "$@"', "bash"], {"pass_fds": numbers}
    finally:
        for number in numbers:
            os.close(number)
        for each in sockets:
            each.close()


def start(sockets: Sequence[socket.socket], *arguments: object, **how) -> process.Process:
    with passed(*sockets, **how) as (before, options):
        return process.Process([*before, process.NETNS_RUN, *map(str, arguments)], **options)


def serve(sockets: Sequence[socket.socket], options: Sequence[object], *server: object,
          **how) -> process.Process:
    running = start(sockets, *options, "--", *process.PEER, *server, **how)
    return running.says("listening")


def fetched(address: str, port: int, inside: int | None = None) -> str:
    target = f"[{address}]" if ":" in address else address
    return process.succeeds(process.run(["socat", "-T15", "-u", f"TCP:{target}:{port}", "-"],
                                        inside=inside))


def refused(sockets: Sequence[socket.socket], *arguments: object, **how) -> str:
    result = start(sockets, *arguments, "--", "echo", "it runs", **how).wait()
    tap.equal((result.status, result.out), (125, ""), result.err)
    return result.err


@tap.case("a socket on port 80 that root has opened is served by an ordinary user's guest")
def _():
    tap.contains(process.netns_run("-p", "80", "true").err, "port 80 is privileged")
    serve([listener("0.0.0.0", 80)], ["--listen-fd", "3:8000"], "tcp-hello", "0.0.0.0", 8000, "hi")
    tap.equal(fetched(remote.host_v4, 80, remote.pid), f"hi {remote.v4}\n")
    tap.equal(fetched("127.0.0.1", 80), "hi 10.0.2.2\n")


@tap.case("without a port behind it, --listen-fd leads to the socket's own, beside those of -p")
def _():
    serve([listener("0.0.0.0", 80)], ["--listen-fd=3", "-p", "127.0.0.1:8080:80"], "tcp-hello",
          "0.0.0.0", 80, "hi")
    tap.equal(fetched("127.0.0.1", 80), "hi 10.0.2.2\n")
    tap.equal(fetched("127.0.0.1", 8080), "hi 10.0.2.2\n")


@tap.case("a socket for both families: each client with its own address")
def _():
    serve([listener("::", 80, dual=True)], ["--listen-fd", "3"], "tcp-hello", "", 80, "hi")
    tap.equal(fetched(remote.host_v4, 80, remote.pid), f"hi ::ffff:{remote.v4}\n")
    tap.equal(fetched(remote.host_v6, 80, remote.pid), f"hi {remote.v6}\n")
    tap.equal(fetched("127.0.0.1", 80), "hi ::ffff:10.0.2.2\n")
    tap.equal(fetched("::1", 80), "hi fd00::2\n")


@tap.case("a socket for both families and a guest without IPv6: all clients are served")
def _():
    serve([listener("::", 80, dual=True)], ["--no-ipv6", "--listen-fd", "3"], "tcp-hello",
          "0.0.0.0", 80, "hi")
    tap.equal(fetched(remote.host_v4, 80, remote.pid), f"hi {remote.v4}\n")
    tap.equal(fetched(remote.host_v6, 80, remote.pid), "hi 10.0.2.2\n")


@tap.case("a UDP socket is served, of one family and of both")
def _():
    running = serve([receiver("0.0.0.0", 53), receiver("::", 54, dual=True)],
                    ["--listen-fd", "3:5300", "--listen-fd", "4:5300"], "udp-echo", "", 5300)
    for address, port, seen in ((remote.host_v4, 53, f"::ffff:{remote.v4}"),
                                (remote.host_v4, 54, f"::ffff:{remote.v4}"),
                                (remote.host_v6, 54, remote.v6)):
        before = running.out.count(f"from {seen} ")
        asked = process.peer("udp-ask", address, port, 1000, 3, inside=remote.pid).wait()
        tap.equal(process.succeeds(asked), "all 3 came back\n", f"{address} port {port}")
        tap.true(running.out.count(f"from {seen} ") >= before + 3, f"{seen} in {running.out!r}")


@tap.case("the options of a socket that others hold stay: no reset at close, no lumps of datagrams")
def _():
    tcp, udp = listener("0.0.0.0", 80), receiver("0.0.0.0", 53)
    kept = [each.dup() for each in (tcp, udp)]
    running = serve([tcp, udp], ["--listen-fd", "3", "--listen-fd", "4"], "tcp-hello", "0.0.0.0",
                    80, "hi")
    tap.equal(fetched("127.0.0.1", 80), "hi 10.0.2.2\n")
    udp_gro = 104
    found = (kept[0].getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8),
             kept[1].getsockopt(socket.IPPROTO_UDP, udp_gro))
    running.signal(signal.SIGTERM)
    running.wait()
    # What is the next to serve it has the same socket.
    kept[0].setblocking(True)
    client = socket.create_connection(("127.0.0.1", 80))
    kept[0].accept()[0].close()
    rest = client.recv(1)
    for each in (*kept, client):
        each.close()
    tap.equal((found, rest), ((bytes(8), 0), b""))


@tap.case("neither the command nor its init has the socket")
def _():
    sockets = [listener("0.0.0.0", 80)]
    inode = os.readlink(f"/proc/self/fd/{sockets[0].fileno()}")
    running = start(sockets, "--listen-fd", "3", "--", "sh", "-c", "echo up; exec sleep 60")
    running.says("up")
    holders = {pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
               for pid in (path.name for path in pathlib.Path("/proc").iterdir())
               if pid.isdigit() and int(pid) != os.getpid()
               for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir() if os.readlink(fd) == inode}
    children = pathlib.Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    init = [pid for pid in children if int(pid) not in helper.helpers_of(running)]
    tap.equal(len(init), 1)
    of_init = [os.readlink(fd) for fd in pathlib.Path(f"/proc/{init[0]}/fd").iterdir()]
    tap.equal((holders, inode in of_init), ({"netns-run", "netns-slirp"}, False))


@tap.case("what cannot be published is named with its descriptor, and nothing starts")
def _():
    def says(text: str, *sockets: socket.socket, options: Sequence[str] = ("--listen-fd", "3")):
        tap.contains(refused(sockets, *options), text)

    number = "cannot publish the descriptor 3: "
    says(number + "Bad file descriptor")
    says(number + "it is a TCP socket that does not listen",
         bound(socket.SOCK_STREAM, "0.0.0.0", 80))
    says(number + "it is a UDP socket that is not bound",
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    connected = receiver("127.0.0.1", 53)
    connected.connect(("127.0.0.1", 54))
    says(number + "it is a connected UDP socket", connected)
    says(number + "it is not an IPv4 or IPv6 socket", socket.socket(socket.AF_UNIX))
    says("cannot publish the descriptor 4: another one is bound to 0.0.0.0:80 as well",
         listener("0.0.0.0", 80), listener("0.0.0.0", 80),
         options=("--listen-fd", "3", "--listen-fd", "4"))
    says("only the accelerated engine takes passed sockets", listener("0.0.0.0", 80),
         options=("--listen-fd", "3", "--tcp-engine=libslirp"))
    says("0.0.0.0:8080: Address already in use", listener("0.0.0.0", 8080),
         options=("--listen-fd", "3", "-p", "8080:80"))
    file = process.run(["sh", "-c", f"exec 3</dev/null; exec {process.NETNS_RUN} --listen-fd 3 id"])
    tap.contains(file.err, number + "it is not a socket")


@tap.case("the command gets LISTEN_FDS, with its own process id, and accepts by it")
def _():
    script = ('[ "$LISTEN_PID" = $$ ] && echo "$LISTEN_FDS $LISTEN_FDNAMES up"; '
              "exec python3 -c 'import socket; c = socket.socket(fileno=3).accept()[0];"
              ' c.sendall(b"accepted in the guest")\'')
    running = start([listener("0.0.0.0", 80)], "--", "sh", "-c", script, service=True, names="web")
    running.says("1 web up")
    tap.equal(fetched(remote.host_v4, 80, remote.pid), "accepted in the guest")


@tap.case("--listen-fds=helper publishes all of LISTEN_FDS, and the command hears of none")
def _():
    script = f"env; exec {' '.join(process.PEER)} tcp-hello 0.0.0.0 80 hi"
    running = start([listener("0.0.0.0", 80), receiver("0.0.0.0", 53), listener("0.0.0.0", 81)],
                    "--name", "all", "--listen-fds=helper", "--listen-fd=5:80", "--", "sh", "-c",
                    script, service=True, names="a:b:c")
    running.says("listening")
    tap.lacks(running.out, "LISTEN_")
    tap.equal([(entry["proto"], entry["host_port"], entry["guest_port"])
               for entry in control.ctl_json("port", "list", "all")],
              [("tcp", 81, 80), ("tcp", 80, 80), ("udp", 53, 53)])
    for port in (80, 81):
        tap.equal(fetched("127.0.0.1", port), "hi 10.0.2.2\n")


@tap.case("what --listen-fd leaves of LISTEN_FDS moves up, with its names")
def _():
    script = ('echo "$LISTEN_FDS $LISTEN_FDNAMES"; [ "$LISTEN_PID" = $$ ] && '
              "exec python3 -c 'import socket; [print(socket.socket(fileno=n).getsockname()[1])"
              " for n in (3, 4)]'; exit 1")
    running = start([listener("0.0.0.0", port) for port in (80, 81, 82)], "--listen-fd=4", "--",
                    "sh", "-c", script, service=True, names="a:b:c")
    tap.equal(process.succeeds(running.wait()), "2 a:c\n80\n82\n")


@tap.case("LISTEN_FDS for another process are left alone, and not taken by --listen-fds=helper")
def _():
    running = start([listener("0.0.0.0", 80)], "--", "sh", "-c", "echo $LISTEN_PID $LISTEN_FDS",
                    service=True, pid="1")
    tap.equal(process.succeeds(running.wait()), "1 1\n")
    tap.contains(refused([listener("0.0.0.0", 80)], "--listen-fds=helper", service=True, pid="1"),
                 "--listen-fds=helper: nobody has passed sockets to netns-run")


@tap.case("sockets that their owner shuts down are closed, with a warning each")
def _():
    tcp, udp = listener("0.0.0.0", 80), receiver("0.0.0.0", 53)
    kept = [each.dup() for each in (tcp, udp)]
    running = serve([tcp, udp], ["--listen-fd", "3", "--listen-fd", "4"], "tcp-hello", "0.0.0.0",
                    80, "hi")
    for each, place in zip(kept, ("tcp port 0.0.0.0:80", "udp port 0.0.0.0:53")):
        with each, contextlib.suppress(OSError):  # of UDP, ENOTCONN, and yet it is
            each.shutdown(socket.SHUT_RDWR)
        running.says(f"warning: published {place} is closed")


def is_closed_soon(port: int) -> None:
    """netns-run closes its copy after the helper has answered."""
    waiting.until(lambda: process.peer("connect", "127.0.0.1", port).wait().out == "ECONNREFUSED\n",
                  f"the end of port {port}")


@tap.case("they outlive a helper that dies, and end when they are removed")
def _():
    running = serve([listener("0.0.0.0", 80), receiver("0.0.0.0", 53), listener("0.0.0.0", 81)],
                    ["--name", "web", "--listen-fd=3", "--listen-fd=4", "--listen-fd=5:80"],
                    "tcp-hello", "0.0.0.0", 80, "hi")
    listed = control.ctl_json("port", "list", "web")
    tap.equal([(entry["id"], entry["host_port"]) for entry in listed], [(1, 80), (2, 53), (3, 81)])
    process.succeeds(control.ctl("port", "rm", "web", "-p", "0.0.0.0:81:80"))
    is_closed_soon(81)
    first = helper.helper_of(running)
    os.kill(first, signal.SIGKILL)
    # netns-run holds the sockets: no client is refused meanwhile.
    tap.equal(fetched(remote.host_v4, 80, remote.pid), f"hi {remote.v4}\n")
    helper.helper_of(running, but=first)
    waiting.until(lambda: control.names() == ["web"], "the control socket of the next helper")
    tap.equal(control.ctl_json("port", "list", "web"), listed[:2])
    process.succeeds(control.ctl("port", "rm", "web", "-p", "0.0.0.0:80:80"))
    is_closed_soon(80)


@tap.case("netns-slirp publishes a passed socket, too")
def _():
    server = process.Process(["unshare", "--user", "--map-root-user", "--net", *process.PEER,
                              "tcp-hello", "0.0.0.0", "80", "hi"]).says("listening")
    with passed(listener("0.0.0.0", 80)) as (before, options):
        process.Process([*before, process.NETNS_SLIRP, "-c", "--listen-fd=3", str(server.pid),
                         "tap0"], **options)
    tap.equal(fetched(remote.host_v4, 80, remote.pid), f"hi {remote.v4}\n")


@tap.case("systemd-socket-activate starts a server on port 80 at its first client")
def _():
    activated = process.Process(
        ["systemd-socket-activate", "-l", "0.0.0.0:80", *host.as_user(), process.NETNS_RUN,
         "--listen-fds=helper", "--", *process.PEER, "tcp-hello", "0.0.0.0", "80", "hi"],
        user=False).says("Listening on")
    tap.equal(fetched(remote.host_v4, 80, remote.pid), f"hi {remote.v4}\n")
    tap.true(activated.is_running(), "it ended")


tap.main()
