# SPDX-License-Identifier: Apache-2.0
"""Rootless Podman of the distribution, told by its containers.conf to use our netns-slirp.

Importing this module prepares the test's host: shared mounts and a cgroup2 as systemd has them
(crun wants nothing older), IMAGE, and what Podman leaves behind after its first container for good:
its pause process and some empty folders.
"""

import json
import pathlib
from collections.abc import Sequence

from support import engine, host, process, waiting

engine.need({"podman": "podman", "newuidmap": "uidmap", "crun": "crun", "iptables": "iptables",
             "/usr/lib/podman/netavark": "netavark", "/usr/lib/podman/aardvark-dns": "aardvark-dns",
             "catatonit": "catatonit", "buildah": "buildah", **engine.IMAGE_PACKAGES})

IMAGE = "localhost/image"
PEER = engine.PEER_IN_CONTAINER
_CONFIGURATION = host.HOME / ".config/containers"


def configure(network_cmd_path: str | None = process.NETNS_SLIRP) -> None:
    """What a user writes; vfs and cgroupfs because this host has no systemd."""
    path_line = f'network_cmd_path = "{network_cmd_path}"\n' if network_cmd_path else ""
    host.write(_CONFIGURATION / "containers.conf",
               f'[engine]\n{path_line}cgroup_manager = "cgroupfs"\nevents_logger = "file"\n')
    host.write(_CONFIGURATION / "storage.conf", '[storage]\ndriver = "vfs"\n')


def try_podman(*arguments: object, **options) -> process.Result:
    return process.run(["podman", *map(str, arguments)], **options)


def podman(*arguments: object, **options) -> str:
    """The output of a command that succeeds."""
    return process.succeeds(try_podman(*arguments, **options))


class Container:
    """`podman run --detach`; removed after the case. With `port`, its command is a server, and it
    is ready at that port of the container's when this returns."""

    def __init__(self, *options: object, command: Sequence[object] = ("sleep", "infinity"),
                 port: int | None = None):
        self.id = podman("run", "--detach", "--stop-signal=KILL", *options, IMAGE, *command).strip()
        host.of_this_case.append(self)
        if port:
            self.wait_for(port)

    def wait_for(self, port: int) -> None:
        waiting.until(lambda: self._from_host("ss", "-Hlntu", f"sport = :{port}"),
                      lambda: f"port {port}; the container said {podman('logs', self.id)}")

    def run(self, *command: object) -> str:
        return podman("exec", self.id, *command)

    def peer(self, *role_and_arguments: object) -> str:
        """What a client of support/peer.py says in the container."""
        return self.run(*PEER, *role_and_arguments)

    def interface(self, name: str = "tap0") -> dict:
        return json.loads(self._from_host("ip", "-json", "address", "show", "dev", name))[0]

    def _from_host(self, *command: str) -> str:
        """A program of the host's, which knows more than busybox, in the container's network."""
        pid = podman("inspect", "--format={{.State.Pid}}", self.id).strip()
        return host.root("nsenter", f"--net=/proc/{pid}/ns/net", *command)

    def remove(self) -> None:
        host.of_this_case.remove(self)
        self.end()

    def end(self) -> None:
        podman("rm", "--force", "--time=0", self.id)


def web_server(*options: object) -> Container:
    """Serves engine.WEB_PAGE at its port 80."""
    return Container(*options, command=["nginx"], port=80)


def server(*options: object, role: Sequence[object]) -> Container:
    """A server of support/peer.py, at all addresses: ("tcp-echo", 7000)."""
    name, port, *rest = role
    return Container(*options, command=[*PEER, name, "0.0.0.0", port, *rest], port=int(port))


def helper_arguments() -> list[str]:
    """How the one helper was started."""
    line = pathlib.Path(f"/proc/{engine.the_helper()}/cmdline").read_bytes()
    return line.rstrip(b"\0").decode().split("\0")


def _prepare() -> None:
    host.root("mount", "--make-rshared", "/")
    host.root("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    process.succeeds(process.run(["mkdir", "-p", str(_CONFIGURATION)]))
    configure()
    image = engine.image()
    podman("import", "--quiet", image, IMAGE)
    image.unlink()
    podman("run", "--rm", "--publish=127.0.0.1:8080:80", IMAGE, "true")


_prepare()
