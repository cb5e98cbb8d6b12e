#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""DNS in the guest, through 10.0.2.3, whatever the host's resolv.conf is."""

import json
import pathlib

from support import host, process, tap, waiting
from support.guest_shell import GuestShell
from support.resolv_conf import RESOLV_CONF, replace_by_rename, set_to, switch_symlink

remote = host.Remote()


def name_server(*addresses: str, inside: int | None = None) -> process.Process:
    server = str(host.SOURCE / "tests/support/dns_server.py")
    return process.Process([*process.PYTHON, server, *addresses], user=False,
                           inside=inside).says("listening")


def dig(*question: str, options: tuple[str, ...] = ()) -> str:
    """The answer in the guest, in short form."""
    return process.in_guest("dig", "+short", "+tries=2", "+time=5", *question, options=options)


@tap.case("the guest's name server is 10.0.2.3, and it answers over UDP and TCP")
def _():
    asked = name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    tap.contains(process.in_guest("cat", "/etc/resolv.conf"), "nameserver 10.0.2.3\n")
    tap.equal(dig("@10.0.2.3", "www.example.test"), "192.0.2.2\n")
    tap.equal(dig("@10.0.2.3", "+tcp", "www.example.test", "AAAA"), "2001:db8::2\n")
    tap.contains(asked.out, "udp 127.0.0.1 www.example.test", "tcp 127.0.0.1 www.example.test")


@tap.case("over TCP it answers with libslirp as the TCP engine, too")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    tap.equal(dig("@10.0.2.3", "+tcp", "www.example.test",
                  options=("--tcp-engine", "libslirp")), "192.0.2.2\n")


@tap.case("the IPv6 address of the name server answers too")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    tap.equal(dig("@fd00::3", "www.example.test"), "192.0.2.2\n")
    tap.equal(dig("@fd00::3", "+tcp", "www.example.test"), "192.0.2.2\n")


@tap.case("the C library finds names, IPv4 and IPv6")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    found = process.in_guest("getent", "ahosts", "www.example.test")
    tap.contains(found, "192.0.2.2", "2001:db8::2")


@tap.case("a name that does not exist does not exist, at once")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    tap.contains(process.in_guest("dig", "+tries=1", "nowhere.example.test"), "status: NXDOMAIN")


@tap.case("an answer too large for UDP comes over TCP")
def _():
    asked = name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    answer = dig("big.example.test", "TXT")
    tap.equal(answer.replace('"', "").replace(" ", "").strip(), "big" * 1000)
    tap.contains(asked.out, "tcp 127.0.0.1 big.example.test")


@tap.case("a resolver on another loopback address, as systemd's, is reached")
def _():
    name_server("127.0.0.53")
    set_to("nameserver 127.0.0.53\noptions edns0 trust-ad\n")
    tap.equal(dig("who.example.test", "TXT"), '"127.0.0.53"\n')


@tap.case("a resolver on ::1 is reached")
def _():
    name_server("::1")
    set_to("nameserver ::1\n")
    tap.equal(dig("who.example.test", "TXT"), '"::1"\n')


@tap.case("a resolver on another machine is reached, IPv4 and IPv6")
def _():
    name_server(remote.v4, remote.v6, inside=remote.pid)
    for address in (remote.v4, remote.v6):
        set_to(f"nameserver {address}\n")
        tap.equal(dig("who.example.test", "TXT"), f'"{address}"\n')


def set_up_link_local() -> str:
    """A name server on the link of the other machine; its address, without the zone."""
    name_server("::", inside=remote.pid)
    host.root("ip", "address", "replace", "fe80::1/64", "dev", "uplink", "nodad")
    remote.run("ip", "address", "replace", "fe80::2/64", "dev", "uplink", "nodad")
    return "fe80::2"


@tap.case("a resolver at a link-local address is reached by the interface that its zone names")
def _():
    address = set_up_link_local()
    number = json.loads(host.root("ip", "-json", "link", "show", "uplink"))[0]["ifindex"]
    for zone in ("uplink", number):
        set_to(f"nameserver {address}%{zone}\n")
        tap.equal(dig("who.example.test", "TXT"), '"::"\n')
        tap.equal(dig("+tcp", "who.example.test", "TXT"), '"::"\n')
    # By the loopback interface nobody is reached, nor by one that does not exist.
    name_server("127.0.0.1")
    set_to(f"nameserver {address}%lo\nnameserver {address}%none\nnameserver 127.0.0.1\n")
    for options in ((), ("+tcp",)):
        tap.equal(dig(*options, "who.example.test", "TXT"), '"127.0.0.1"\n')


@tap.case("the first of several servers is asked")
def _():
    second = name_server("127.0.0.2")
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\nnameserver 127.0.0.2\n")
    tap.equal(dig("who.example.test", "TXT"), '"127.0.0.1"\n')
    tap.equal(second.out, "listening\n")


@tap.case("when the first server is dead the next one answers, over UDP and TCP")
def _():
    name_server("127.0.0.2")
    set_to("nameserver 127.0.0.1\nnameserver 127.0.0.2\n")
    tap.equal(dig("who.example.test", "TXT"), '"127.0.0.2"\n')
    tap.equal(dig("+tcp", "who.example.test", "TXT"), '"127.0.0.2"\n')


@tap.case("when the first server is silent the next one answers")
def _():
    # 192.0.2.77: nobody there, and no error for about three seconds either.
    name_server("127.0.0.2")
    set_to("nameserver 192.0.2.77\nnameserver 127.0.0.2\n")
    tap.equal(dig("+time=10", "who.example.test", "TXT"), '"127.0.0.2"\n')


@tap.case("search domains and options of the host hold in the guest")
def _():
    name_server("127.0.0.1")
    set_to("search invalid.test example.test\nnameserver 127.0.0.1\noptions ndots:2\n")
    tap.contains(process.in_guest("cat", "/etc/resolv.conf"), "search invalid.test example.test",
                 "ndots:2")
    tap.contains(process.in_guest("getent", "ahostsv4", "www"), "192.0.2.2")


@tap.case("a resolv.conf that is a symbolic link out of /etc is followed")
def _():
    name_server("127.0.0.53")
    target = pathlib.Path("/run/resolve/stub-resolv.conf")
    target.parent.mkdir()
    target.write_text("nameserver 127.0.0.53\nsearch example.test\n")
    RESOLV_CONF.unlink()
    RESOLV_CONF.symlink_to(target)
    try:
        tap.equal(dig("who.example.test", "TXT"), '"127.0.0.53"\n')
        tap.contains(process.in_guest("getent", "ahostsv4", "www"), "192.0.2.2")
    finally:
        target.unlink()
        target.parent.rmdir()


@tap.case("a dangling resolv.conf stops nothing: the guest has its own, asking 127.0.0.1")
def _():
    name_server("127.0.0.1")
    RESOLV_CONF.unlink()
    RESOLV_CONF.symlink_to("/run/nowhere/resolv.conf")
    tap.contains(process.in_guest("cat", "/etc/resolv.conf"), "nameserver 10.0.2.3\n")
    tap.equal(dig("www.example.test"), "192.0.2.2\n")


@tap.case("a missing resolv.conf stops nothing: the guest has its own, asking 127.0.0.1")
def _():
    name_server("127.0.0.1")
    RESOLV_CONF.unlink()
    try:
        tap.contains(process.in_guest("cat", "/etc/resolv.conf"), "nameserver 10.0.2.3\n")
        tap.equal(dig("www.example.test"), "192.0.2.2\n")
    finally:
        set_to("nameserver 127.0.0.1\n")


@tap.case("a directory in the place of resolv.conf stops nothing: 127.0.0.1 is asked")
def _():
    name_server("127.0.0.1")
    RESOLV_CONF.unlink()
    RESOLV_CONF.mkdir()
    try:
        tap.equal(dig("www.example.test"), "192.0.2.2\n")
    finally:
        RESOLV_CONF.rmdir()
        set_to("nameserver 127.0.0.1\n")


@tap.case("a resolv.conf full of nonsense stops nothing")
def _():
    name_server("127.0.0.1")
    set_to("nameserver\nnameserver x.y\n\0\xff;;\nsearch\nnameserver 127.0.0.1 # ok\n")
    tap.equal(dig("www.example.test"), "192.0.2.2\n")


@tap.case("without a reachable resolver a question ends with an answer, not with a hang")
def _():
    set_to("nameserver 127.0.0.1\n")
    result = process.netns_run("--", "dig", "+tries=1", "+time=20", "www.example.test", seconds=40)
    tap.contains(result.out, "SERVFAIL")


def guest_follows(change, answer: str = "127.0.0.2") -> None:
    """A running guest asks 127.0.0.1; after the host's change it soon asks 127.0.0.2, or whoever
    answers so."""
    name_server("127.0.0.1", "127.0.0.2")
    guest = GuestShell()
    question = "dig +short +tries=1 +time=5 who.example.test TXT"
    tap.equal(guest.runs(question), '"127.0.0.1"\n')
    change()
    waiting.until(lambda: guest.runs(question) == f'"{answer}"\n', "answers from the new server")


@tap.case("a running guest follows the host's resolv.conf: renamed over")
def _():
    set_to("nameserver 127.0.0.1\n")
    guest_follows(lambda: replace_by_rename("nameserver 127.0.0.2\n"))


@tap.case("a running guest follows the host's resolv.conf: to a link-local address")
def _():
    address = set_up_link_local()
    set_to("nameserver 127.0.0.1\n")
    guest_follows(lambda: replace_by_rename(f"nameserver {address}%uplink\n"), "::")


@tap.case("a running guest follows the host's resolv.conf: written in place")
def _():
    set_to("nameserver 127.0.0.1\n")
    guest_follows(lambda: RESOLV_CONF.write_text("nameserver 127.0.0.2\n"))


@tap.case("a running guest follows the host's resolv.conf: deleted and made again")
def _():
    set_to("nameserver 127.0.0.1\n")
    guest_follows(lambda: set_to("nameserver 127.0.0.2\n"))


@tap.case("a running guest follows the host's resolv.conf: a symbolic link takes its place")
def _():
    set_to("nameserver 127.0.0.1\n")
    target = host.folder_for_files("resolve") / "resolv.conf"
    target.write_text("nameserver 127.0.0.2\n")
    guest_follows(lambda: switch_symlink(str(target)))


@tap.case("a running guest follows the host's resolv.conf: the target of a link is replaced")
def _():
    target = host.folder_for_files("resolve") / "resolv.conf"

    def change_target() -> None:
        replacement = target.with_name("new")
        replacement.write_text("nameserver 127.0.0.2\n")
        replacement.rename(target)

    target.write_text("nameserver 127.0.0.1\n")
    RESOLV_CONF.unlink()
    RESOLV_CONF.symlink_to(target)
    guest_follows(change_target)


@tap.case("--no-dns: no name server in the guest, nor an answer from its address")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    shown = process.in_guest("cat", "/etc/resolv.conf", options=["--no-dns"])
    tap.lacks(shown, "10.0.2.3")
    result = process.netns_run("--no-dns", "--", "dig", "@10.0.2.3", "+tries=1", "+time=2",
                               "www.example.test")
    tap.true(result.status != 0, f"dig had an answer: {result.out}")


@tap.case("the name server follows a --cidr")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    shown = process.in_guest("cat", "/etc/resolv.conf", options=["--cidr", "10.9.8.0/24"])
    tap.contains(shown, "nameserver 10.9.8.3\n")
    tap.equal(dig("www.example.test", options=("--cidr", "10.9.8.0/24")), "192.0.2.2\n")


@tap.case("a hundred questions at once are all answered")
def _():
    name_server("127.0.0.1")
    set_to("nameserver 127.0.0.1\n")
    found = process.guest_shell("seq 100 | xargs -P 20 -I N dig +short +tries=4 +time=3 "
                                "www.example.test", seconds=50)
    tap.equal(found.splitlines(), ["192.0.2.2"] * 100)


tap.main()
