#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--dns, --dns-search, --dns-option and --add-host: as Docker has them."""

from support import host, process, tap, waiting
from support.guest_shell import GuestShell
from support.resolv_conf import replace_by_rename, set_to

remote = host.Remote()
WHO = ("dig", "+short", "+tries=1", "+time=8", "who.example.test", "TXT")


def name_server(*addresses: str, inside: int | None = None) -> process.Process:
    server = str(host.SOURCE / "tests/support/dns_server.py")
    return process.Process([*process.PYTHON, server, *addresses], user=False,
                           inside=inside).says("listening")


@tap.case("--dns: this server is asked instead of the host's, on the host's loopback too")
def _():
    unasked = name_server("127.0.0.1")
    name_server("127.0.0.9", "::1")
    set_to("nameserver 127.0.0.1\n")
    for address in ("127.0.0.9", "::1"):
        tap.equal(process.in_guest(*WHO, options=["--dns", address]), f'"{address}"\n')
    tap.equal(unasked.out, "listening\n")


@tap.case("--dns: a server on another machine, over UDP and TCP")
def _():
    name_server(remote.v4, remote.v6, inside=remote.pid)
    for address in (remote.v4, remote.v6):
        for way in ("+notcp", "+tcp"):
            tap.equal(process.in_guest(*WHO, way, options=["--dns", address]), f'"{address}"\n')


@tap.case("--dns twice: the second answers when the first is dead")
def _():
    name_server("127.0.0.9")
    tap.equal(process.in_guest(*WHO, options=["--dns", "127.0.0.8", "--dns=127.0.0.9"]),
              '"127.0.0.9"\n')


@tap.case("--dns holds: changes of the host's resolv.conf bring nothing else")
def _():
    name_server("127.0.0.9", "127.0.0.1", "127.0.0.2")
    set_to("nameserver 127.0.0.1\n")
    guest = GuestShell("--dns", "127.0.0.9")
    other = GuestShell()  # It tells when the change is old.
    replace_by_rename("nameserver 127.0.0.2\n")
    waiting.until(lambda: other.runs(" ".join(WHO)) == '"127.0.0.2"\n', "the file is followed")
    tap.equal(guest.runs(" ".join(WHO)), '"127.0.0.9"\n')


@tap.case("--dns-search and --dns-option replace the host's; a dot leaves no search domain")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\nsearch host.test\noptions ndots:3\n")
    shown = process.in_guest("cat", "/etc/resolv.conf",
                             options=["--dns-search", "invalid.test", "--dns-search",
                                      "example.test", "--dns-option", "ndots:2",
                                      "--dns-option=timeout:9"])
    tap.equal([line for line in shown.splitlines() if not line.startswith("nameserver")],
              ["search invalid.test example.test", "options ndots:2 timeout:9"])
    tap.contains(process.in_guest("getent", "ahostsv4", "www",
                                  options=["--dns-search", "example.test"]), "192.0.2.2")
    shown = process.in_guest("cat", "/etc/resolv.conf", options=["--dns-search", "."])
    tap.lacks(shown, "search")
    tap.contains(shown, "options ndots:3")


@tap.case("--add-host: the name has this address in the guest, and no other")
def _():
    host.write("/etc/hosts", "127.0.0.1 localhost\n192.0.2.99 db printer\n")
    try:
        options = ["--add-host", "db:192.0.2.7", "--add-host=six:2001:db8::7"]
        shown = process.guest_shell("getent ahostsv4 db; getent ahostsv4 printer; "
                                    "getent ahostsv6 six", options=options)
        tap.equal({line.split()[0] for line in shown.splitlines()},
                  {"192.0.2.7", "192.0.2.99", "2001:db8::7"})
    finally:
        host.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")


@tap.case("--add-host NAME:host-gateway: the host, as far as --allow-host-loopback opens it")
def _():
    process.peer("tcp-hello", "127.0.0.1", 7001, "hello")
    options = ["--add-host", "host.docker.internal:host-gateway"]
    for more, expected in ((["--allow-host-loopback"], "connected\n"), ([], "ENETUNREACH\n")):
        tap.equal(process.in_guest(*process.PEER, "connect", "host.docker.internal", "7001",
                                   options=[*options, *more]), expected)


tap.main()
