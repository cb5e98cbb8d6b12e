# SPDX-License-Identifier: Apache-2.0
"""The namespaces that play the host and the remote machine.

The host is the network namespace that this process was started in, with nothing in it yet. The
remote machine is another one, at the other end of a veth pair that is the host's way out.
"""
import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .place import Place

HOST_ADDRESS = "10.77.0.1"
REMOTE_ADDRESS = "10.77.0.2"
UPLINK = "uplink"
SETTINGS = Path("/proc/sys/net/ipv4")
PORT_RANGE = "5400 65535"  # for thousands of connections a second; above all ports with a name here


@dataclass(frozen=True)
class World:
    account: Account | None
    host: Place
    remote: Place
    congestion_control: str


@contextlib.contextmanager
def made(account: Account | None):
    congestion_control = _set_congestion_control()
    (SETTINGS / "ip_local_port_range").write_text(PORT_RANGE, encoding="ascii")
    _ip("link set lo up")
    with Place().running(["unshare", "--net", *holder(congestion_control)], "ready") as remote:
        identity = ("-S", str(account.uid), "-G", str(account.gid)) if account else ()
        _connect(remote.pid)
        yield World(account, Place(account=account),
                    Place(("nsenter", "-t", str(remote.pid), "-n", *identity, "--")),
                    congestion_control)


def holder(congestion_control: str) -> list[str]:
    """A command that keeps a new network namespace until its standard input ends."""
    script = (f"echo {congestion_control} > {SETTINGS}/tcp_congestion_control && "
              f"echo {PORT_RANGE} > {SETTINGS}/ip_local_port_range && "
              "echo ready && exec cat")
    return ["sh", "-c", script]


def _set_congestion_control() -> str:
    """Cubic, what distributions ship; reno is open to every user."""
    chosen = SETTINGS / "tcp_congestion_control"
    for name in ("cubic", "reno"):
        with contextlib.suppress(OSError):
            chosen.write_text(name, encoding="ascii")
            return name
    return chosen.read_text(encoding="ascii").strip()


def _connect(remote_pid: int):
    _ip(f"link add {UPLINK} type veth peer name {UPLINK} netns {remote_pid}")
    _ip(f"addr add {HOST_ADDRESS}/24 dev {UPLINK}")
    _ip(f"link set {UPLINK} up")
    at_remote = ["nsenter", "-t", str(remote_pid), "-n", "--"]
    _ip("link set lo up", at_remote)
    _ip(f"addr add {REMOTE_ADDRESS}/24 dev {UPLINK}", at_remote)
    _ip(f"link set {UPLINK} up", at_remote)
    _ip(f"route add default via {REMOTE_ADDRESS}")


def _ip(arguments: str, before: list[str] | None = None):
    subprocess.run([*(before or []), "ip", *arguments.split()], check=True)
