#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Published TCP ports: a web server in the guest, fetched from the host and another machine."""

import hashlib
import os
import signal
import socket
import subprocess

from support import host, process, tap, waiting
from support.control import ctl
from support.helper import helper_of

remote = host.Remote()
site = host.folder_for_files("site")
(site / "index.html").write_text("served from the guest\n")
large = bytes(range(256)) * 8192
(site / "large").write_bytes(large)


def web_server(*options: str, port: int = 80) -> process.Process:
    server = (*process.PYTHON, "-m", "http.server", "--bind", "::", "--directory", site, port)
    return process.start_netns_run(*options, "--", *server).says("Serving HTTP")


def curl(url: str, inside: int | None = None) -> process.Result:
    return process.run(["curl", "-sS", "--max-time", "15", "--noproxy", "*", url], inside=inside,
                       user=False)


def serves(*urls: str, inside: int | None = None) -> None:
    for url in urls:
        result = curl(url, inside)
        tap.equal((url, result.out, result.err), (url, "served from the guest\n", ""))


def is_closed(*urls: str, inside: int | None = None) -> None:
    for url in urls:
        tap.equal((url, curl(url, inside).status), (url, 7))  # curl(1): failed to connect


def fetch(address: str, port: int, inside: int | None = None) -> str:
    """All that the server at a published port sends."""
    return process.succeeds(process.run(["socat", "-T15", "-u", f"TCP:{address}:{port}", "-"],
                                        inside=inside))


@tap.case("-p 8080:80 serves on every address of the host, IPv4 and IPv6")
def _():
    web_server("-p", "8080:80")
    serves("http://127.0.0.1:8080/", "http://[::1]:8080/", f"http://{remote.host_v4}:8080/",
           f"http://[{remote.host_v6}]:8080/")


@tap.case("-p 8080:80 serves another machine, IPv4 and IPv6")
def _():
    web_server("-p", "8080:80")
    serves(f"http://{remote.host_v4}:8080/", f"http://[{remote.host_v6}]:8080/",
           inside=remote.pid)


# Says to each client which port it has reached.
MANY_SERVERS = """
import selectors, socket, sys
listeners = selectors.DefaultSelector()
for port in range(30000, 31000):
    listeners.register(socket.create_server(("::", port), family=socket.AF_INET6,
                                            dualstack_ipv6=True), selectors.EVENT_READ)
print("listening")
while True:
    for key, _ in listeners.select():
        client, _ = key.fileobj.accept()
        client.sendall(str(client.getsockname()[1]).encode())
        client.close()
"""


def wrong_answers(address: str) -> list[tuple[int, str]]:
    """Ports 20000-20999 of the host that do not lead to 30000-30999 of the guest."""
    answers = []
    for port in range(20000, 21000):
        try:
            with socket.create_connection((address, port), 20) as client:
                answers.append((port, b"".join(iter(lambda: client.recv(100), b"")).decode()))
        except ConnectionError as error:
            answers.append((port, str(error)))
    return [(port, answer) for port, answer in answers if answer != str(port + 10000)]


@tap.case("each of a thousand ports leads to its own, and does again when the helper has died")
def _():
    running = process.start_netns_run("-p", "20000-20999:30000-30999", "--name", "many", "--",
                                      *process.PYTHON, "-c", MANY_SERVERS).says("listening")
    for address in ("127.0.0.1", "::1"):
        tap.equal(wrong_answers(address), [])
    dead = helper_of(running)
    os.kill(dead, signal.SIGKILL)
    helper_of(running, but=dead)
    waiting.until(lambda: ctl("port", "list", "many").status == 0, "the next helper")
    for address in ("127.0.0.1", "::1"):
        tap.equal(wrong_answers(address), [])


@tap.case("-p 127.0.0.1:8080:80 serves that address only")
def _():
    web_server("-p", "127.0.0.1:8080:80")
    serves("http://127.0.0.1:8080/")
    is_closed("http://[::1]:8080/", f"http://{remote.host_v4}:8080/")
    is_closed(f"http://{remote.host_v4}:8080/", inside=remote.pid)


@tap.case("-p [::1]:8080:80/tcp serves that address only")
def _():
    web_server("-p", "[::1]:8080:80/tcp")
    serves("http://[::1]:8080/")
    is_closed("http://127.0.0.1:8080/", f"http://[{remote.host_v6}]:8080/")


@tap.case("-p with an address of an interface serves that address only")
def _():
    web_server("-p", f"{remote.host_v4}:8080:80", "-p", f"[{remote.host_v6}]:8081:80")
    serves(f"http://{remote.host_v4}:8080/", f"http://[{remote.host_v6}]:8081/",
           inside=remote.pid)
    is_closed("http://127.0.0.1:8080/", "http://[::1]:8081/")


@tap.case("-p 0.0.0.0:8080:80 is IPv4 only, -p [::]:8081:80 IPv6 only")
def _():
    web_server("-p", "0.0.0.0:8080:80", "-p", "[::]:8081:80")
    serves("http://127.0.0.1:8080/", "http://[::1]:8081/")
    is_closed("http://[::1]:8080/", "http://127.0.0.1:8081/")


@tap.case("-p 8080 is the same port on both sides")
def _():
    web_server("-p", "8080", port=8080)
    serves("http://127.0.0.1:8080/", "http://[::1]:8080/")


@tap.case("--publish is the long form, with and without =")
def _():
    web_server("--publish", "8080:80", "--publish=8081:80")
    serves("http://127.0.0.1:8080/", "http://127.0.0.1:8081/")


@tap.case("-p 8000-8010:9000-9010 maps port to port")
def _():
    servers = [f"{' '.join(process.PEER)} tcp-hello 0.0.0.0 {port} at-{port} &"
               for port in (9000, 9005, 9010)]
    guest = process.start_netns_run("-p", "8000-8010:9000-9010", "--", "sh", "-c",
                                    " ".join(servers) + " wait")
    waiting.until(lambda: guest.out.count("listening") == 3, "three servers")
    for offset in (0, 5, 10):
        tap.equal(fetch("127.0.0.1", 8000 + offset).split()[0], f"at-{9000 + offset}")


@tap.case("several guests publish at once, each its own")
def _():
    for number in range(4):
        process.guest_server(["-p", f"{8000 + number}:80"], "tcp-hello", "", 80, f"guest-{number}")
    for number in range(4):
        tap.equal(fetch("127.0.0.1", 8000 + number).split()[0], f"guest-{number}")


@tap.case("another machine is seen with its own address, IPv4")
def _():
    process.guest_server(["-p", "8080:80"], "tcp-hello", "0.0.0.0", 80, "you-are")
    tap.equal(fetch(remote.host_v4, 8080, remote.pid), f"you-are {remote.v4}\n")


@tap.case("another machine is seen with its own address, IPv6")
def _():
    process.guest_server(["-p", "8080:80"], "tcp-hello", "::", 80, "you-are")
    tap.equal(fetch(f"[{remote.host_v6}]", 8080, remote.pid), f"you-are {remote.v6}\n")


@tap.case("a client on the host's loopback is seen as the gateway, IPv4 and IPv6")
def _():
    process.guest_server(["-p", "127.0.0.1:8080:80"], "tcp-hello", "0.0.0.0", 80, "you-are")
    tap.equal(fetch("127.0.0.1", 8080), "you-are 10.0.2.2\n")
    process.guest_server(["-p", "[::1]:8080:80"], "tcp-hello", "::", 80, "you-are")
    tap.equal(fetch("[::1]", 8080), "you-are fd00::2\n")


@tap.case("a client with one of the host's own addresses is seen as the gateway")
def _():
    process.guest_server(["-p", "8080:80"], "tcp-hello", "0.0.0.0", 80, "you-are")
    tap.equal(fetch(remote.host_v4, 8080), "you-are 10.0.2.2\n")


@tap.case("while nothing listens in the guest, a client is refused; later it is served")
def _():
    guest = process.start_netns_run(
        "-p", "8080:80", "--", "sh", "-c",
        f"echo up; read go; exec {' '.join(process.PEER)} tcp-hello 0.0.0.0 80 hi",
        stdin=subprocess.PIPE).says("up")
    refused = curl("http://127.0.0.1:8080/")
    tap.true(refused.status in (7, 52, 55, 56), f"{refused}")  # curl(1): refused, nothing, reset
    guest.stdin.write(b"go\n")
    guest.stdin.flush()
    guest.says("listening")
    tap.equal(fetch("127.0.0.1", 8080), "hi 10.0.2.2\n")


@tap.case("on a host without IPv6, -p leaves it out without a word")
def _():
    host.set_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    try:
        guest = web_server("-p", "8080:80")
        serves("http://127.0.0.1:8080/")
        tap.lacks(guest.err, "[::]", "IPv6")
    finally:
        host.set_sysctl("net.ipv6.conf.all.disable_ipv6", "0")
        remote.restore_host_v6()


@tap.case("a port is free again as soon as netns-run has ended")
def _():
    for _ in range(3):
        guest = web_server("-p", "8080:80")
        serves("http://127.0.0.1:8080/")
        guest.signal(signal.SIGTERM)
        guest.wait()


@tap.case("a page of 2 MiB arrives whole a hundred times, eight at a time", seconds=180)
def _():
    web_server("-p", "8080:80")
    result = process.run(
        ["sh", "-c", "seq 100 | xargs -P 8 -I N sh -c \"curl -sS --max-time 60 --noproxy '*' "
         "http://127.0.0.1:8080/large | sha256sum\""], user=False, seconds=150)
    expected = hashlib.sha256(large).hexdigest() + "  -"
    tap.equal(process.succeeds(result).splitlines(), [expected] * 100)


tap.main()
