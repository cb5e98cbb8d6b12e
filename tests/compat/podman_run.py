#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rootless Podman, unchanged, on our netns-slirp: its default network, `podman run`."""

import json
import shutil

from support import engine, host, podman, process, tap, waiting

remote = host.Remote()
dns_server = str(host.SOURCE / "tests/support/dns_server.py")


def fetch(url: str) -> str:
    return process.succeeds(process.run(["curl", "-sS", "--max-time", "10", url]))


@tap.case("podman info shows our program and its version")
def _():
    shown = json.loads(podman.podman("info", "--format=json"))["host"]["slirp4netns"]
    tap.equal(shown["executable"], process.NETNS_SLIRP)
    tap.equal(shown["version"], process.run([process.NETNS_SLIRP, "--version"]).out.strip())


@tap.case("the helper is started with the contract's command line, and is ours")
def _():
    podman.Container()
    words = podman.helper_arguments()
    tap.equal(words[:-2], [process.NETNS_SLIRP, "--disable-host-loopback", "--mtu=65520",
                           "--enable-sandbox", "--enable-seccomp", "--enable-ipv6", "-c", "-e", "3",
                           "-r", "4", "--netns-type=path"])
    tap.contains(words[-2], f"/run/user/{host.USER_ID}/netns/netns-")
    tap.equal(words[-1], "tap0")


@tap.case("a container is online: TCP, UDP, ping, over IPv4 and IPv6")
def _():
    container = podman.Container("--cap-add=NET_RAW")
    for address in (remote.v4, remote.v6):
        process.peer("tcp-echo", address, 7000, inside=remote.pid)
        process.peer("udp-echo", address, 7000, inside=remote.pid)
        tap.equal(container.peer("tcp-echo-ask", address, 7000), "there and back\n")
        tap.contains(container.peer("udp-ask", address, 7000, 1000, 5), "all 5 came back")
        container.run("ping", "-c1", "-W5", address)


@tap.case("names are answered by the host's resolver on its loopback, over UDP and TCP")
def _():
    process.Process([*process.PYTHON, dns_server, "127.0.0.1"], user=False).says("listening")
    container = podman.Container()
    tap.contains(container.run("cat", "/etc/resolv.conf"), "nameserver 10.0.2.3")
    script = "import socket; print(socket.getaddrinfo('www.example.test', 80, socket.AF_INET))"
    tap.contains(container.run("python3", "-c", script), remote.v4)
    tap.contains(container.run("nslookup", "-type=txt", "who.example.test", "10.0.2.3"),
                 "127.0.0.1")


@tap.case("the host's loopback is closed at the gateway, which answers ping")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    container = podman.Container("--cap-add=NET_RAW")
    tap.equal(container.peer("connect", "10.0.2.2", 7000), "ENETUNREACH\n")
    container.run("ping", "-c1", "-W5", "10.0.2.2")


@tap.case("two containers have a network and a helper each")
def _():
    podman.web_server("--publish=127.0.0.1:8080:80")
    podman.server("--publish=127.0.0.1:8081:80", role=("tcp-echo", 80))
    tap.equal(len(engine.helpers()), 2)
    tap.equal(fetch("http://127.0.0.1:8080/"), engine.WEB_PAGE)
    asked = process.run([*process.PEER, "tcp-echo-ask", "127.0.0.1", "8081"])
    tap.equal(process.succeeds(asked), "there and back\n")


@tap.case("the helper ends with its container, however that ends")
def _():
    for ending in (("stop", "--time=0"), ("kill",), ("rm", "--force", "--time=0")):
        container = podman.Container()
        helper = engine.the_helper()
        podman.podman(*ending, container.id)
        waiting.until(lambda: not engine.helpers(), f"the end of {helper} after {ending}")
        if ending[0] == "rm":
            host.of_this_case.remove(container)


@tap.case("the helper ends with a command that ends by itself")
def _():
    podman.podman("run", "--rm", podman.IMAGE, "true")
    waiting.until(lambda: not engine.helpers(), "the helper's end")


@tap.case("the helper ends when conmon is killed, which holds the exit fd")
def _():
    container = podman.Container()
    engine.the_helper()
    conmon = podman.podman("inspect", "--format={{.State.ConmonPid}}", container.id).strip()
    process.succeeds(process.run(["kill", "-KILL", conmon]))
    waiting.until(lambda: not engine.helpers(), "the helper's end")
    container.remove()
    # crun's record: Podman takes the container for ended, and has no look.
    shutil.rmtree(f"/run/user/{host.USER_ID}/crun/{container.id}")


@tap.case("--network-cmd-path on the command line does as well as containers.conf")
def _():
    podman.configure(network_cmd_path=None)
    try:
        container = podman.podman(f"--network-cmd-path={process.NETNS_SLIRP}", "run", "--detach",
                                  podman.IMAGE, "sleep", "infinity").strip()
        engine.the_helper()
        podman.podman("rm", "--force", "--time=0", container)
    finally:
        podman.configure()


@tap.case("--network=host and --network=none start no helper")
def _():
    for network in ("host", "none"):
        podman.Container(f"--network={network}")
    tap.equal(engine.helpers(), [])


tap.main()
