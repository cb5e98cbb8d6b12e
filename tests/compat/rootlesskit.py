#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""RootlessKit, unchanged, on our netns-slirp."""

import json
import signal
import subprocess

from support import engine, host, process, reach, tap, waiting
from support.target import Helper

engine.need({"rootlesskit": "rootlesskit", "newuidmap": "uidmap"})
remote = host.Remote()

# What Docker's script starts it with, but for the sandbox.
LIKE_DOCKER = ("--mtu=65520", "--disable-host-loopback")
LOCKED = ("--slirp4netns-sandbox=auto", "--slirp4netns-seccomp=auto")
UNLOCKED = ("--slirp4netns-sandbox=false", "--slirp4netns-seccomp=false")
SLEEP = ("sh", "-c", "echo started; exec sleep infinity")


class RootlessKit:
    """RootlessKit with a command; the helper is ours, and called by `call`."""

    def __init__(self, *options: str, command=SLEEP, says: str = "started", **more):
        self.process = process.Process(
            ["rootlesskit", "--net=slirp4netns", f"--slirp4netns-binary={process.NETNS_SLIRP}",
             "--copy-up=/etc", "--copy-up=/run", *options, *command],
            end_with=signal.SIGTERM, **more).says(says)
        self.call = engine.command_line(engine.the_helper())
        self._child = self.call[-2]  # "... PID tap0"

    def run(self, *command: str) -> str:
        """In the namespaces of its command, as their root."""
        return process.succeeds(process.run(
            ["nsenter", f"--target={self._child}", "--user", "--mount", "--net", "--setuid=0",
             "--setgid=0", *command], user=False))

    def interface(self, name: str = "tap0") -> dict:
        return json.loads(self.run("ip", "-json", "address", "show", "dev", name))[0]

    def log(self) -> str:
        return self.process.out

    def stop(self) -> None:
        self.process.signal(signal.SIGTERM)
        self.process.wait()


def publish(address: str = "0.0.0.0") -> list[str]:
    """Options for all servers of reach.servers."""
    return [f"--publish={address}:{port}:{port}/{protocol}" for port, protocol in (
        (reach.TCP_PORT, "tcp"), (reach.SINK_PORT, "tcp"), (reach.SOURCE_PORT, "tcp"),
        (reach.UDP_PORT, "udp"))]


def published(driver: str, lock, address: str = "0.0.0.0") -> RootlessKit:
    # With a PID namespace: the servers end with the command.
    kit = RootlessKit(*LIKE_DOCKER, *lock, "--pidns", f"--port-driver={driver}",
                      *publish(address), command=reach.servers(process.PEER), says="listening")
    reach.servers_are_ready(kit.log)
    return kit


for port_driver in ("builtin", "slirp4netns"):
    for how, lock_down in (("auto", LOCKED), ("off", UNLOCKED)):

        @tap.case(f"port driver {port_driver}, sandbox and seccomp {how}: in and out")
        def _(driver=port_driver, lock=lock_down):
            reach.start_outside(remote)
            kit = published(driver, lock)
            tap.equal({"--enable-sandbox", "--enable-seccomp"} <= set(kit.call), lock is LOCKED,
                      f"{kit.call}")
            reach.outside_is_reached(kit.run, process.PEER, remote)
            reach.host_loopback_is_closed(kit.run, process.PEER)
            for address in ("127.0.0.1", remote.host_v4):
                reach.answers(address)
            reach.answers(remote.host_v4, inside=remote.pid)
            kit.stop()

    @tap.case(f"port driver {port_driver}: 16 MiB up and down, with half-close")
    def _(driver=port_driver):
        kit = published(driver, LOCKED)
        reach.bulk_arrives("127.0.0.1", kit.log)
        reach.bulk_arrives(remote.host_v4, kit.log, inside=remote.pid)

    @tap.case(f"port driver {port_driver}: published on 127.0.0.1 is closed to other machines")
    def _(driver=port_driver):
        published(driver, LOCKED, "127.0.0.1")
        reach.answers("127.0.0.1")
        client = process.peer("connect", remote.host_v4, reach.TCP_PORT, inside=remote.pid)
        tap.equal(client.wait().out, "ECONNREFUSED\n")

    @tap.case(f"port driver {port_driver}: a taken port is refused and nothing is left")
    def _(driver=port_driver):
        process.peer("tcp-echo", "127.0.0.1", reach.TCP_PORT)
        result = process.run(
            ["rootlesskit", "--net=slirp4netns", f"--slirp4netns-binary={process.NETNS_SLIRP}",
             f"--port-driver={driver}", f"--publish=127.0.0.1:{reach.TCP_PORT}:80/tcp", *SLEEP])
        tap.equal(result.status, 1)
        tap.contains(result.err, "failed to expose port", "ddress already in use")


@tap.case("port driver slirp4netns: servers see another machine's own address, TCP and UDP")
def _():
    kit = published("slirp4netns", LOCKED)
    reach.answers(remote.host_v4, inside=remote.pid)
    # The servers' sockets are for both families.
    tap.contains(kit.log(), f"client ::ffff:{remote.v4} ", f" from ::ffff:{remote.v4} ")


@tap.case("port driver slirp4netns, an IPv6 address of the host: it leads to the guest's IPv4 address")
def _():
    # The driver asks for that, with --ipv6, too; so the client cannot be shown with its own.
    kit = published("slirp4netns", (*LOCKED, "--ipv6"), f"[{remote.host_v6}]")
    reach.answers(remote.host_v6, inside=remote.pid)
    tap.contains(kit.log(), "client ::ffff:10.0.2.2 ", " from ::ffff:10.0.2.2 ")


@tap.case("--cidr: addresses, gateway and name server are of that network")
def _():
    reach.start_outside(remote)
    kit = RootlessKit(*LIKE_DOCKER, *LOCKED, "--cidr=10.88.7.0/24")
    tap.contains(json.dumps(kit.interface()), '"10.88.7.100"')
    tap.contains(kit.run("ip", "route"), "default via 10.88.7.2")
    reach.outside_is_reached(kit.run, process.PEER, remote)
    reach.host_loopback_is_closed(kit.run, process.PEER, "10.88.7.2")


@tap.case("--mtu: 1500 and 65520 are the interface's, and traffic flows with both")
def _():
    reach.start_outside(remote)
    for mtu in (1500, 65520):
        kit = RootlessKit(*LOCKED, f"--mtu={mtu}")
        tap.equal(kit.interface()["mtu"], mtu)
        reach.outside_is_reached(kit.run, process.PEER, remote)
        kit.stop()


@tap.case("--ipv6: IPv6 leads outside")
def _():
    reach.start_outside(remote)
    kit = RootlessKit(*LIKE_DOCKER, *LOCKED, "--ipv6")
    waiting.until(lambda: '"fd00:' in json.dumps(kit.interface()), lambda: str(kit.interface()))
    tap.equal(kit.run(*process.PEER, "tcp-echo-ask", remote.v6, "7000"), "there and back\n")
    kit.run(*process.PEER, "udp-ask", remote.v6, "7000", "1000", "3")
    reach.outside_is_reached(kit.run, process.PEER, remote)


@tap.case("--ifname: the interface has that name")
def _():
    reach.start_outside(remote)
    kit = RootlessKit(*LIKE_DOCKER, *LOCKED, "--ifname=net7")
    tap.contains(json.dumps(kit.interface("net7")), '"10.0.2.100"')
    reach.outside_is_reached(kit.run, process.PEER, remote)


@tap.case("without --disable-host-loopback the host's loopback is reached at the gateway")
def _():
    reach.start_outside(remote)
    kit = RootlessKit(*LOCKED)
    tap.equal(kit.run(*process.PEER, "tcp-echo-ask", "10.0.2.2", "7000"), "there and back\n")


@tap.case("the status of the command is the status of RootlessKit, and nothing is left")
def _():
    kit = RootlessKit(*LIKE_DOCKER, *LOCKED, stdin=subprocess.PIPE,
                      command=("sh", "-c", "echo started; read end; exit 7"))
    kit.process.stdin.write(b"end\n")
    kit.process.stdin.flush()
    tap.equal(kit.process.wait().status, 7)


@tap.case("RootlessKit killed by SIGKILL takes the helper with it")
def _():
    # Its own files it does leave behind.
    state = host.folder_for_files("state")
    kit = RootlessKit(*LIKE_DOCKER, *LOCKED, f"--state-dir={state}")
    kit.process.signal(signal.SIGKILL)
    waiting.until(lambda: not engine.helpers(), "the helper's end")


class Detached:
    """What RootlessKit 2 has made before it starts the helper in its detached mode (Debian 12 has
    1.1.0): user and mount namespaces whose processes stay in the host's network, beside them a
    network namespace that is only a file, with the TAP in it."""

    def __init__(self) -> None:
        folder = host.folder_for_files("detached")
        self._enter_network = f"nsenter --net={folder}/netns"
        self.pid = process.Process(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec",
             f"mount -t tmpfs tmpfs {folder}; touch {folder}/netns; "
             f"unshare --net={folder}/netns ip tuntap add name tap0 mode tap; "
             f"{self._enter_network} ip link set tap0 up; echo made; exec sleep infinity"]
        ).says("made").pid
        self.path = f"/proc/{self.pid}/root{folder}/netns"

    def start(self, *command: str) -> process.Process:
        return process.Process(
            ["nsenter", f"--target={self.pid}", "--user", "--mount", "--preserve-credentials",
             *self._enter_network.split(), *command])

    def run(self, *command: str) -> str:
        return process.succeeds(self.start(*command).wait())


@tap.case("the detached-namespace call of RootlessKit 2: namespaces by path through /proc/PID/root")
def _():
    reach.start_outside(remote)
    target = Detached()
    helper = Helper(target.path, "--mtu", "65520", "--disable-host-loopback", "--enable-seccomp",
                    "--netns-type=path", f"--userns-path=/proc/{target.pid}/ns/user",
                    api_path="/tmp/api").ready()
    tap.equal(engine.the_helper(), helper.process.pid)
    helper.add(proto="tcp", host_addr="0.0.0.0", host_port=8080, guest_addr="10.0.2.100",
               guest_port=80)
    target.run("sh", "-ec", "ip link set lo up; ip link set tap0 mtu 65520; "
               "ip address add 10.0.2.100/24 dev tap0; ip route add default via 10.0.2.2")
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, "7000"), "there and back\n")
    reach.host_loopback_is_closed(target.run, process.PEER)
    target.start(*process.PEER, "tcp-echo", "", "80").says("listening")
    client = process.peer("tcp-echo-ask", remote.host_v4, 8080, inside=remote.pid)
    tap.equal(process.succeeds(client.wait()), "there and back\n")


tap.main()
