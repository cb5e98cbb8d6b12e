#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rootless Podman, unchanged, on our netns-slirp: bridge networks and pods."""

from support import engine, host, podman, process, tap, waiting

remote = host.Remote()
dns_server = str(host.SOURCE / "tests/support/dns_server.py")


class Thing:
    """A network or a pod; removed after the case, after its containers."""

    def __init__(self, kind: str, *options: str):
        self._kind = kind
        podman.podman(kind, "create", *options, f"a-{kind}")
        host.of_this_case.append(self)

    def end(self) -> None:
        podman.podman(self._kind, "rm", "--force", f"a-{self._kind}")


def bridge() -> None:
    Thing("network")


def on_bridge(name: str) -> list[str]:
    return ["--network=a-network", f"--name={name}", "--cap-add=NET_RAW"]


def serves_page() -> None:
    got = process.run(["curl", "-sS", "--max-time", "10", "http://127.0.0.1:8080/"])
    tap.equal(process.succeeds(got), engine.WEB_PAGE)


def leave_empty_folders() -> None:
    """Podman keeps lock files and such of its first bridge network for good."""
    podman.podman("network", "create", "first")
    podman.podman("run", "--rm", "--network=first", podman.IMAGE, "true")
    podman.podman("network", "rm", "first")


leave_empty_folders()


@tap.case("bridge: one helper for all containers, started with the contract's command line")
def _():
    bridge()
    podman.Container(*on_bridge("first"))
    podman.Container(*on_bridge("second"))
    words = podman.helper_arguments()
    tap.contains(words[-2], f"/run/user/{host.USER_ID}/netns/rootless-netns-")
    tap.equal((words[0], words[-6:-2], words[-1]),
              (process.NETNS_SLIRP, ["-c", "-r", "3", "--netns-type=path"], "tap0"))


@tap.case("bridge: containers are online: TCP, UDP, ping")
def _():
    bridge()
    made = podman.Container(*on_bridge("first"))
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    tap.equal(made.peer("tcp-echo-ask", remote.v4, 7000), "there and back\n")
    tap.contains(made.peer("udp-ask", remote.v4, 7000, 1000, 5), "all 5 came back")
    made.run("ping", "-c1", "-W5", remote.v4)


@tap.case("bridge: containers find each other by name, and the host's name server answers the rest")
def _():
    process.Process([*process.PYTHON, dns_server, "127.0.0.1"], user=False).says("listening")
    bridge()
    podman.server(*on_bridge("first"), role=("tcp-echo", 7000))
    second = podman.Container(*on_bridge("second"))
    tap.equal(second.peer("tcp-echo-ask", "first", 7000), "there and back\n")
    tap.contains(second.run("nslookup", "-type=a", "www.example.test"), remote.v4)


@tap.case("bridge: -p 8080:80, TCP and UDP, for the host and another machine")
def _():
    bridge()
    podman.web_server(*on_bridge("web"), "--publish=8080:80")
    podman.server(*on_bridge("echo"), "--publish=5300:53/udp", role=("udp-echo", 53))
    serves_page()
    got = remote.run("curl", "-sS", "--max-time", "10", f"http://{remote.host_v4}:8080/")
    tap.equal(got, engine.WEB_PAGE)
    for address, inside in (("127.0.0.1", None), (remote.host_v4, remote.pid)):
        asked = process.run([*process.PEER, "udp-ask", address, "5300", "1000", "3"],
                            inside=inside, user=inside is None)
        process.succeeds(asked)


@tap.case("bridge: 16 MiB out to another machine and back arrive whole")
def _():
    bridge()
    made = podman.Container(*on_bridge("first"))
    size = 16 << 20
    process.peer("tcp-sink", remote.v4, 7000, inside=remote.pid)
    process.peer("tcp-source", remote.v4, 7001, size, inside=remote.pid)
    sent = made.peer("tcp-send", remote.v4, 7000, size).split()
    tap.equal(sent[:2], sent[2:])
    tap.equal(made.peer("tcp-fetch", remote.v4, 7001).split(), sent[:2])


@tap.case("bridge: the host's loopback is closed")
def _():
    bridge()
    process.peer("tcp-echo", "127.0.0.1", 7000)
    made = podman.Container(*on_bridge("first"))
    tap.equal(made.peer("connect", "10.0.2.2", 7000), "ENETUNREACH\n")


@tap.case("bridge: the helper ends with the last container, and the next one gets another")
def _():
    bridge()
    first, second = podman.Container(*on_bridge("first")), podman.Container(*on_bridge("second"))
    helper = engine.the_helper()
    first.remove()
    tap.equal(engine.the_helper(), helper)
    second.remove()
    waiting.until(lambda: not engine.helpers(), "the helper's end")
    podman.Container(*on_bridge("third"))
    engine.the_helper()


@tap.case("pod: its containers share one network, one helper and the pod's ports")
def _():
    Thing("pod", "--publish=8080:80")
    podman.web_server("--pod=a-pod")
    second = podman.Container("--pod=a-pod")
    engine.the_helper()
    tap.equal(second.run("wget", "-q", "-O", "-", "http://127.0.0.1/"), engine.WEB_PAGE)
    serves_page()
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    tap.equal(second.peer("tcp-echo-ask", remote.v4, 7000), "there and back\n")


@tap.case("pod: after stop the helper has ended, after start all is there again")
def _():
    Thing("pod", "--publish=8080:80")
    web = podman.web_server("--pod=a-pod")
    podman.podman("pod", "stop", "--time=0", "a-pod")
    waiting.until(lambda: not engine.helpers(), "the helper's end")
    podman.podman("pod", "start", "a-pod")
    engine.the_helper()
    web.wait_for(80)
    serves_page()


tap.main()
