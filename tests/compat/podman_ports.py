#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rootless Podman, unchanged, on our netns-slirp: published ports, by both of its port handlers."""

import socket

from support import engine, host, podman, process, tap, waiting

remote = host.Remote()
ON_THE_HOST, ON_ANOTHER_MACHINE = ("127.0.0.1", None), (remote.host_v4, remote.pid)


def by(handler: str, *options: str) -> list[str]:
    return [f"--network=slirp4netns:port_handler={handler}", *options]


def ask(role: str, address: str, port: int, *arguments: object, inside: int | None = None) -> str:
    """What a client says, on the host or inside another machine."""
    return process.succeeds(process.run(
        [*process.PEER, role, address, str(port), *map(str, arguments)], inside=inside,
        user=inside is None))


def serves_page(port: int, address: str = "127.0.0.1") -> None:
    got = process.run(["curl", "-sS", "--max-time", "10", f"http://{address}:{port}/"])
    tap.equal(process.succeeds(got), engine.WEB_PAGE)


def hello(address: str, inside: int | None = None) -> str:
    """The client's address, as a server "tcp-hello" at port 8080 saw it."""
    got = process.run(["socat", "-T15", "-u", f"TCP:{address}:8080", "-"], inside=inside,
                      user=inside is None)
    return process.succeeds(got).split()[1]


def cases_of(handler: str) -> None:
    @tap.case(f"{handler}: the port handler is the one that was asked for, the helper ours")
    def _():
        podman.Container(*by(handler, "--publish=8080:80"))
        words = podman.helper_arguments()
        tap.equal("--api-socket" in words, handler == "slirp4netns")
        names = host.root("ps", "-eo", "comm")
        tap.equal("rootlessport" in names, handler == "rootlesskit", names)

    @tap.case(f"{handler}: -p 8080:80 of a web server, for the host and another machine")
    def _():
        podman.web_server(*by(handler, "--publish=8080:80"))
        serves_page(8080)
        serves_page(8080, remote.host_v4)
        got = remote.run("curl", "-sS", "--max-time", "10", f"http://{remote.host_v4}:8080/")
        tap.equal(got, engine.WEB_PAGE)

    @tap.case(f"{handler}: a port of 127.0.0.1 or of a host address is only there")
    def _():
        podman.server(*by(handler, "--publish=127.0.0.1:8080:80",
                          f"--publish={remote.host_v4}:8081:80"), role=("tcp-echo", 80))
        tap.contains(ask("tcp-echo-ask", "127.0.0.1", 8080), "there and back")
        tap.contains(ask("tcp-echo-ask", remote.host_v4, 8081, inside=remote.pid), "there and back")
        tap.equal(ask("connect", remote.host_v4, 8080, inside=remote.pid), "ECONNREFUSED\n")
        tap.equal(ask("connect", "127.0.0.1", 8081), "ECONNREFUSED\n")

    @tap.case(f"{handler}: a UDP port, for a client on 127.0.0.1 and on another machine")
    def _():
        podman.server(*by(handler, "--publish=5300:53/udp"), role=("udp-echo", 53))
        for address, inside in (ON_THE_HOST, ON_ANOTHER_MACHINE):
            tap.contains(ask("udp-ask", address, 5300, 1200, 5, inside=inside), "all 5 came back")

    @tap.case(f"{handler}: TCP and UDP of one number, and a range")
    def _():
        container = podman.server(
            *by(handler, "--publish=8000-8002:9000-9002", "--publish=8000:53/udp"),
            role=("udp-echo", 53))
        podman.podman("exec", "--detach", container.id, *podman.PEER, "tcp-echo", "0.0.0.0", 9002)
        container.wait_for(9002)
        tap.contains(ask("udp-ask", "127.0.0.1", 8000, 100, 1), "all 1 came back")
        tap.contains(ask("tcp-echo-ask", "127.0.0.1", 8002), "there and back")

    @tap.case(f"{handler}: 16 MiB each way arrive whole, beyond a half-close")
    def _():
        size = 16 << 20
        podman.server(*by(handler, "--publish=8080:80"), role=("tcp-sink", 80))
        podman.server(*by(handler, "--publish=8081:80"), role=("tcp-source", 80, size))
        for address, inside in (ON_THE_HOST, ON_ANOTHER_MACHINE):
            sent = ask("tcp-send", address, 8080, size, inside=inside).split()
            tap.equal(sent[:2], sent[2:], f"up, from {address}")
            got = ask("tcp-fetch", address, 8081, inside=inside).split()
            # The stream is the same each time.
            tap.equal(got, sent[:2], f"down, to {address}")

    @tap.case(f"{handler}: a port that is taken is refused with the reason, and nothing is left")
    def _():
        process.peer("tcp-echo", "127.0.0.1", 8080)
        refused = podman.try_podman("run", "--rm", *by(handler, "--publish=127.0.0.1:8080:80"),
                                    podman.IMAGE, "true")
        tap.equal(refused.status, 126)
        tap.contains(refused.err.lower(), "127.0.0.1:8080", "address already in use")
        waiting.until(lambda: not engine.helpers(), "the helper's end")
        podman.podman("rm", "--all", "--force")

    @tap.case(f"{handler}: the port is there again after restart, and after stop and start")
    def _():
        container = podman.web_server(*by(handler, "--publish=127.0.0.1:8080:80"))
        for verbs in (("restart --time=0",), ("stop --time=0", "start")):
            before = engine.the_helper()
            for verb in verbs:
                podman.podman(*verb.split(), container.id)
            container.wait_for(80)
            tap.true(engine.the_helper() != before, "the helper is still the first one")
            serves_page(8080)

    @tap.case(f"{handler}: after podman rm the port is free at once, for others and for the next")
    def _():
        for _ in range(3):
            container = podman.web_server(*by(handler, "--publish=127.0.0.1:8080:80"))
            serves_page(8080)
            container.remove()
            waiting.until(lambda: not engine.helpers(), "the helper's end")
            socket.create_server(("127.0.0.1", 8080)).close()


for each in ("rootlesskit", "slirp4netns"):
    cases_of(each)


@tap.case("slirp4netns: the container sees the real address of a client, not that of the gateway")
def _():
    podman.server(*by("slirp4netns", "--publish=8080:80"), role=("tcp-hello", 80, "you-are"))
    tap.equal(hello(remote.host_v4, inside=remote.pid), remote.v4)
    tap.equal(hello("127.0.0.1"), "10.0.2.2")
    container = podman.server(*by("slirp4netns", "--publish=5300:53/udp"), role=("udp-echo", 53))
    ask("udp-ask", remote.host_v4, 5300, 100, 1, inside=remote.pid)
    waiting.until(lambda: f"100 from {remote.v4} " in podman.podman("logs", container.id),
                  lambda: podman.podman("logs", container.id))


@tap.case("slirp4netns: two UDP ports to one of the container's both work")
def _():
    podman.server(*by("slirp4netns", "--publish=5300:53/udp", "--publish=5301:53/udp"),
                  role=("udp-echo", 53))
    for port in (5300, 5301, 5300):
        tap.contains(ask("udp-ask", "127.0.0.1", port, 100, 3), "all 3 came back")


@tap.case("slirp4netns: the helper's API socket is gone with the container")
def _():
    container = podman.Container(*by("slirp4netns", "--publish=8080:80"))
    words = podman.helper_arguments()
    path = words[words.index("--api-socket") + 1]
    with socket.socket(socket.AF_UNIX) as api:
        api.connect(path)
    container.remove()  # The file is for the check after the case to find.


tap.main()
