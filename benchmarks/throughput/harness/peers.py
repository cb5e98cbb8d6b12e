# SPDX-License-Identifier: Apache-2.0
"""How each peer connects a guest to the host.

A peer takes a guest's process and makes a Link: how the guest's programs reach the host's loopback,
and how the host's reach the guest's port GUEST_PORT.
"""
import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import world
from .place import MeasureFailed, Place, stopping

NAMES = ["slirp4netns", "pasta", "ours-libslirp", "ours"]
BASELINE = "loopback"
GUEST_PORT = 5201
GUEST_ADDRESS = "10.0.2.100"
GATEWAY = "10.0.2.2"


@dataclass(frozen=True)
class Link:
    peer: str
    mtu: int
    guest: Place
    host_address: str  # the host's loopback as the guest names it
    published_port: int  # on the host; leads to GUEST_PORT in the guest
    helper_pid: int | None = None
    ready_seconds: float | None = None


@contextlib.contextmanager
def connected(peer: str, mtu: int, setting, published_port: int):
    """A Link that lives as long as the block."""
    if peer == BASELINE:
        yield Link(peer, mtu, setting.world.host, "127.0.0.1", GUEST_PORT)
        return
    connect = _connect_pasta if peer == "pasta" else _connect_slirp
    new_guest = ["unshare", "--user", "--map-root-user", "--net",
                 *world.holder(setting.world.congestion_control)]
    with setting.world.host.running(new_guest, "ready") as guest:
        join = ("nsenter", "-t", str(guest.pid), "-U", "-n", "--preserve-credentials", "--")
        place = Place(join, setting.world.account)
        with connect(peer, mtu, setting, published_port, guest.pid) as (helper_pid, ready_seconds):
            yield Link(peer, mtu, place, GATEWAY, published_port, helper_pid, ready_seconds)


def reason_against(peer: str, programs) -> str | None:
    """Why a peer cannot be tried at all."""
    if peer == BASELINE:
        return None
    program = "netns-slirp" if peer.startswith("ours") else peer
    if programs.find(program) is None:
        return f"{program} was not found"
    if peer == "ours-libslirp" and not programs.knows_option(program, "--tcp-engine"):
        return "netns-slirp has no --tcp-engine yet: libslirp is its only engine"
    return None


@contextlib.contextmanager
def _connect_slirp(peer: str, mtu: int, setting, published_port: int, guest_pid: int):
    """slirp4netns, and ours, which has the same command line."""
    program = setting.programs.find("slirp4netns" if peer == "slirp4netns" else "netns-slirp")
    ways = {"ours": ["--splice"], "ours-libslirp": ["--tcp-engine=libslirp"]}.get(peer, [])
    api = setting.scratch / f"{peer}-{mtu}.sock"
    ready_reader, ready_writer = os.pipe()
    command = [program, "--configure", f"--mtu={mtu}", f"--ready-fd={ready_writer}",
               f"--api-socket={api}", *ways, guest_pid, "tap0"]
    with open(ready_reader, "rb", buffering=0) as ready:
        start = time.monotonic()
        with _started(setting, command, pass_fds=[ready_writer]) as (process, log):
            os.close(ready_writer)
            _wait_until_ready(ready, peer, log)
            seconds = time.monotonic() - start
            _publish(api, published_port)
            yield process.pid, seconds


@contextlib.contextmanager
def _started(setting, command: list, **popen):
    """A helper's process and the file with what it says."""
    with tempfile.NamedTemporaryFile(dir=setting.scratch, suffix=".log") as log:
        with stopping(setting.world.host.start(command, stdin=subprocess.DEVNULL, stdout=log,
                                               stderr=log, **popen)) as process:
            yield process, Path(log.name)


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _wait_until_ready(ready, peer: str, log: Path):
    os.set_blocking(ready.fileno(), False)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        said = ready.read(1)
        if said == b"1":
            return
        if said == b"":
            raise MeasureFailed(f"{peer} ended before it was ready: {_last_words(log)}")
        time.sleep(0.0002)
    raise MeasureFailed(f"{peer} was not ready within 10 s: {_last_words(log)}")


def _publish(api, port: int):
    arguments = {"proto": "tcp", "host_addr": "0.0.0.0", "host_port": port,
                 "guest_addr": GUEST_ADDRESS, "guest_port": GUEST_PORT}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(api))
        connection.sendall(json.dumps({"execute": "add_hostfwd", "arguments": arguments}).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = json.loads(connection.recv(4096) or b"{}")
    if "return" not in answer:
        raise MeasureFailed(f"add_hostfwd: {answer}")


@contextlib.contextmanager
def _connect_pasta(_peer: str, mtu: int, setting, published_port: int, guest_pid: int):
    """pasta, with slirp4netns' addresses. It writes its pid file when it is ready."""
    pid_file = setting.scratch / f"pasta-{mtu}-{guest_pid}.pid"
    command = ["pasta", "--foreground", "--quiet", "--ipv4-only", "--config-net",
               f"--mtu={mtu}", f"--address={GUEST_ADDRESS}", "--netmask=24",
               f"--gateway={GATEWAY}", f"--interface={world.UPLINK}", "--ns-ifname=tap0",
               f"--tcp-ports={published_port}:{GUEST_PORT}", "--udp-ports=none",
               "--tcp-ns=none", "--udp-ns=none", f"--pid={pid_file}", guest_pid]
    start = time.monotonic()
    with _started(setting, command) as (process, log):
        while not (pid_file.exists() and pid_file.read_bytes()):
            if process.poll() is not None:
                raise MeasureFailed(f"pasta ended before it was ready: {_last_words(log)}")
            if time.monotonic() - start > 10:
                raise MeasureFailed(f"pasta was not ready within 10 s: {_last_words(log)}")
            time.sleep(0.0002)
        yield process.pid, time.monotonic() - start
