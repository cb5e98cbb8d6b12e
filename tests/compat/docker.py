#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rootless dockerd, started by Docker's own script, on our netns-slirp, which it finds in PATH as
slirp4netns. One daemon for all cases. PORT_DRIVER says how RootlessKit publishes ports: builtin,
past the helper, or slirp4netns, by it."""

import json
import os
import signal

from support import engine, host, process, reach, tap, waiting

SCRIPT = "/usr/share/docker.io/contrib/dockerd-rootless.sh"
PORT_DRIVER = os.environ["PORT_DRIVER"]
PEER = engine.PEER_IN_CONTAINER
IPERF_BYTES = 64 << 20
engine.need({SCRIPT: "docker.io", "docker": "docker.io", "rootlesskit": "rootlesskit",
             "newuidmap": "uidmap", "iptables": "iptables"} | engine.IMAGE_PACKAGES)
remote = host.Remote()
host.kept_by_others += [
    # An association of the helper, until nothing has used it for a while.
    r"^socket udp UNCONN .* 0\.0\.0\.0:[3-6]\d{4}$",
    # dockerd closes the connection of `docker exec` in its own time.
    "^unix socket /run/user/[0-9]+/docker.sock",
]


def start_daemon() -> process.Process:
    programs = host.folder_for_files("bin")
    (programs / "slirp4netns").symlink_to(process.NETNS_SLIRP)
    path = f"{programs}:{host.environment(user=True)['PATH']}"
    return process.Process(
        # Its state, which it clears up lazily or never, does not count as left over there.
        [SCRIPT, "--storage-driver=vfs", f"--exec-root={host.folder_for_files('docker')}"],
        lasting=True,
        env={"PATH": path, "DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER": PORT_DRIVER}
    ).says("API listen on", 60)


def try_docker(*words: str) -> process.Result:
    socket = f"unix:///run/user/{host.USER_ID}/docker.sock"
    return process.run(["docker", *words], env={"DOCKER_HOST": socket}, seconds=45)


def docker(*words: str) -> str:
    return process.succeeds(try_docker(*words))


class Container:
    """`docker run -d`; removed after the case."""

    def __init__(self, *options: str, command=("nginx",)):
        self._id = docker("run", "-d", *options, "test", *command).strip()
        host.of_this_case.append(self)

    def run(self, *command: str) -> str:
        return docker("exec", self._id, *command)

    def log(self) -> str:
        return docker("logs", self._id)

    def address(self) -> str:
        return docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", self._id).strip()

    def restart(self) -> None:
        docker("restart", "-t", "0", self._id)

    def end(self) -> None:
        docker("rm", "-f", self._id)
        if self in host.of_this_case:
            host.of_this_case.remove(self)


class Network:
    """A bridge of its own; removed after the case, and after its containers."""

    def __init__(self, name: str):
        self._name = name
        docker("network", "create", name)
        host.of_this_case.append(self)

    def end(self) -> None:
        docker("network", "rm", self._name)


def serving_container(address: str = "", offset: int = 0) -> Container:
    """All servers of reach.py, published on the ports with the same numbers plus `offset`."""
    prefix = address + ":" if address else ""
    options = []
    for port, protocol in ((reach.TCP_PORT, "tcp"), (reach.SINK_PORT, "tcp"),
                           (reach.SOURCE_PORT, "tcp"), (reach.UDP_PORT, "udp")):
        options += ["-p", f"{prefix}{port + offset}:{port}/{protocol}"]
    container = Container(*options, command=reach.servers(PEER))
    reach.servers_are_ready(container.log)
    return container


def idle_container(*options: str) -> Container:
    return Container(*options, command=("sleep", "infinity"))


def fetch(address: str, port: int = 8080, inside: int | None = None) -> str:
    return process.succeeds(process.run(
        ["curl", "-sS", "--max-time", "30", f"http://{address}:{port}/"], inside=inside,
        user=inside is None))


def is_refused(address: str, port: int, inside: int | None = None) -> None:
    found = process.peer("connect", address, port, inside=inside).wait().out
    tap.equal(found, "ECONNREFUSED\n", f"{address} {port}")


before_daemon = host.state()
daemon = start_daemon()
docker("import", str(engine.image()), "test")


@tap.case("the script takes us for slirp4netns, with everything that it asks for")
def _():
    call = engine.command_line(engine.the_helper())
    tap.equal(call[0], "slirp4netns")
    tap.true({"--disable-host-loopback", "--enable-sandbox", "--enable-seccomp"} <= set(call)
             and "65520" in call, f"{call}")
    tap.equal("--api-socket" in call, PORT_DRIVER == "slirp4netns", f"{call}")


@tap.case("docker run -d -p 8080:80: nginx answers the host and another machine")
def _():
    Container("-p", "8080:80")
    for address in ("127.0.0.1", remote.host_v4):
        tap.equal(fetch(address), engine.WEB_PAGE)
    tap.equal(fetch(remote.host_v4, inside=remote.pid), engine.WEB_PAGE)


if PORT_DRIVER == "slirp4netns":

    @tap.case("the server sees another machine's own address")
    def _():
        container = Container("-p", "8080:80")
        fetch(remote.host_v4, inside=remote.pid)
        waiting.until(lambda: "GET /" in container.log(), "a line in the log of the web server")
        tap.contains(container.log(), remote.v4)


@tap.case("TCP and UDP published on all addresses")
def _():
    serving_container()
    for address in ("127.0.0.1", remote.host_v4):
        reach.answers(address)
    reach.answers(remote.host_v4, inside=remote.pid)


@tap.case("TCP and UDP published on 0.0.0.0")
def _():
    serving_container("0.0.0.0")
    for address in ("127.0.0.1", remote.host_v4):
        reach.answers(address)
    reach.answers(remote.host_v4, inside=remote.pid)


@tap.case("TCP and UDP published on 127.0.0.1: for the host only")
def _():
    serving_container("127.0.0.1")
    reach.answers("127.0.0.1")
    is_refused(remote.host_v4, reach.TCP_PORT, remote.pid)


@tap.case("TCP and UDP published on an address of the host: there only")
def _():
    serving_container(remote.host_v4)
    reach.answers(remote.host_v4)
    reach.answers(remote.host_v4, inside=remote.pid)
    is_refused("127.0.0.1", reach.TCP_PORT)


@tap.case("16 MiB up and down, with half-close, from the host and from another machine")
def _():
    container = serving_container()
    reach.bulk_arrives("127.0.0.1", container.log)
    reach.bulk_arrives(remote.host_v4, container.log, inside=remote.pid)


@tap.case("a container is online: TCP, UDP, names, ping; the host's loopback is closed")
def _():
    reach.start_outside(remote)
    container = idle_container()
    reach.outside_is_reached(container.run, PEER, remote)
    reach.host_loopback_is_closed(container.run, PEER)


@tap.case("so is one in a network of its own, by Docker's name server")
def _():
    reach.start_outside(remote)
    Network("own")
    container = idle_container("--network", "own")
    Container("--network", "own", "--name", "web")
    reach.outside_is_reached(container.run, PEER, remote)
    reach.host_loopback_is_closed(container.run, PEER)
    tap.equal(container.run("wget", "-q", "-O", "-", "http://web/"), engine.WEB_PAGE)


@tap.case("--network host: online, at the address of the helper's network")
def _():
    reach.start_outside(remote)
    container = idle_container("--network", "host")
    tap.contains(container.run("ip", "address", "show", "tap0"), "10.0.2.100/24")
    reach.outside_is_reached(container.run, PEER, remote)
    reach.host_loopback_is_closed(container.run, PEER)


@tap.case("a published port is free again after docker rm")
def _():
    for _ in range(3):
        container = Container("-p", "8080:80")
        tap.equal(fetch("127.0.0.1"), engine.WEB_PAGE)
        container.end()
        is_refused("127.0.0.1", 8080)


@tap.case("docker restart: published as before")
def _():
    container = Container("-p", "8080:80")
    container.restart()
    tap.equal(fetch("127.0.0.1"), engine.WEB_PAGE)
    tap.equal(fetch(remote.host_v4, inside=remote.pid), engine.WEB_PAGE)


@tap.case("a taken port is refused with its reason, and can be had once it is free")
def _():
    taken = process.peer("tcp-echo", "0.0.0.0", 8080)
    docker("create", "--name", "late", "-p", "8080:80", "test", "nginx")
    try:
        result = try_docker("start", "late")
        tap.true(result.status != 0, f"{result}")
        tap.contains(result.err, "ddress already in use")
        taken.signal(signal.SIGKILL)
        taken.wait()
        docker("start", "late")
        tap.equal(fetch("127.0.0.1"), engine.WEB_PAGE)
    finally:
        docker("rm", "-f", "late")


@tap.case("two containers, published and reaching each other")
def _():
    first, second = serving_container(), serving_container(offset=100)
    reach.answers(remote.host_v4, inside=remote.pid)
    reach.answers("127.0.0.1", tcp=reach.TCP_PORT + 100, udp=reach.UDP_PORT + 100)
    for here, there in ((first, second), (second, first)):
        answer = here.run(*PEER, "tcp-echo-ask", there.address(), str(reach.TCP_PORT))
        tap.equal(answer, "there and back\n")


def measure(client: Container, server: str) -> None:
    """The walkthrough's iperf3, both ways; that it ends well is the claim, not how fast it is."""
    for direction in ([], ["-R"]):
        report = json.loads(client.run("iperf3", "-J", "-n", str(IPERF_BYTES), "-c", server,
                                       *direction))
        # The receiving end stops when it hears that all is sent: some is still on its way.
        end = report["end"]
        tap.true(end["sum_sent"]["bytes"] >= IPERF_BYTES and end["sum_received"]["bytes"] > 0,
                 f"{direction}: {end}")


@tap.case("iperf3 between containers")
def _():
    server = Container(command=("iperf3", "-s", "--forceflush"))
    waiting.until(lambda: "listening" in server.log(), "iperf3")
    measure(idle_container(), server.address())


@tap.case("iperf3 from a container to the host")
def _():
    process.Process(["iperf3", "-s", "--forceflush", "-B", remote.host_v4]).says("listening")
    measure(idle_container(), remote.host_v4)


@tap.case("SIGTERM: the daemon ends cleanly, with a container still published, and nothing is left")
def _():
    Container("-p", "8080:80")
    host.of_this_case.clear()
    daemon.signal(signal.SIGTERM)
    tap.equal(daemon.wait(60).status, 0)
    host.lasting.remove(daemon)

    def more() -> set[str]:
        return host.state() - before_daemon

    waiting.until(lambda: not more(), lambda: "left over: " + "; ".join(sorted(more())))


tap.main()
