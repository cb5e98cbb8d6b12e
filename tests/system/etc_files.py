#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The guest's own /etc/resolv.conf and /etc/hosts: there from the start, kept whatever the host
does to its files, and never written through to the host."""

import os

from support import host, process, tap
from support.guest_shell import GuestShell
from support.resolv_conf import ETC, RESOLV_CONF, replace_by_rename, set_to, switch_symlink


def guest_keeps_its_own(change) -> None:
    """Before and after the host's change, more than once."""
    set_to("nameserver 192.0.2.53\n")
    try:
        guest = GuestShell()
        before = guest.runs("cat /etc/resolv.conf")
        tap.contains(before, "nameserver 10.0.2.3\n")
        for _ in range(2):
            change()
            tap.equal(guest.runs("cat /etc/resolv.conf"), before)
            tap.equal(guest.runs("head -c 1000 /etc/resolv.conf | wc -l"),
                      f"{before.count(chr(10))}\n")
    finally:
        set_to("nameserver 127.0.0.1\n")


@tap.case("the guest keeps its resolv.conf when the host renames a new one over its own")
def _():
    guest_keeps_its_own(lambda: replace_by_rename("nameserver 192.0.2.54\n"))


@tap.case("the guest keeps its resolv.conf when the host writes into its own")
def _():
    guest_keeps_its_own(lambda: RESOLV_CONF.write_text("nameserver 192.0.2.54\n"))


@tap.case("the guest keeps its resolv.conf when the host switches a symbolic link")
def _():
    targets = iter(["/run/one/resolv.conf", "../run/two/resolv.conf"])
    guest_keeps_its_own(lambda: switch_symlink(next(targets)))


@tap.case("the guest keeps its resolv.conf when the host deletes its own")
def _():
    guest_keeps_its_own(lambda: RESOLV_CONF.unlink(missing_ok=True))


@tap.case("the guest keeps its /etc/hosts when the host renames a new one over its own")
def _():
    guest = GuestShell()
    before = guest.runs("cat /etc/hosts")
    new = ETC / "hosts.new"
    new.write_text("192.0.2.9 other\n")
    os.rename(new, ETC / "hosts")
    try:
        tap.equal(guest.runs("cat /etc/hosts"), before)
    finally:
        host.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")


@tap.case("/etc/hosts knows localhost, the guest's host name, and host.netns.internal")
def _():
    for name, address in (("localhost", "127.0.0.1"), ("$(uname -n)", "10.0.2.100"),
                          ("host.netns.internal", "10.0.2.2")):
        tap.contains(process.guest_shell(f"getent ahostsv4 {name}"), address)


@tap.case("host.netns.internal follows a --cidr")
def _():
    found = process.in_guest("getent", "ahostsv4", "host.netns.internal",
                             options=["--cidr", "10.9.8.0/24"])
    tap.contains(found, "10.9.8.2")


for name in ("hosts", "resolv.conf"):
    @tap.case(f"a pipe in the place of the host's /etc/{name} is not waited for")
    def _(name=name):
        path = ETC / name
        kept = path.with_name("kept")
        path.rename(kept)
        try:
            os.mkfifo(path)
            tap.equal(process.succeeds(process.netns_run("--", "echo", "ran")), "ran\n")
        finally:
            kept.replace(path)


@tap.case("entries of the host's /etc/hosts hold in the guest")
def _():
    host.write("/etc/hosts", "127.0.0.1 localhost\n192.0.2.99 database.example.test\n")
    try:
        found = process.in_guest("getent", "ahostsv4", "database.example.test")
        tap.contains(found, "192.0.2.99")
    finally:
        host.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")


@tap.case("the rest of /etc is the host's")
def _():
    host.write("/etc/only-for-this-test", "seen\n")
    try:
        tap.equal(process.in_guest("cat", "/etc/only-for-this-test"), "seen\n")
        # The same names, but for what the guest has of its own.
        own = {"resolv.conf", "hosts"}
        names = set(process.in_guest("ls", "-A", "/etc").split())
        tap.equal(names ^ set(os.listdir("/etc")), names & own - set(os.listdir("/etc")))
    finally:
        os.unlink("/etc/only-for-this-test")


@tap.case("the guest's files cannot be changed through to the host, not even by the guest's root")
def _():
    before = {name: (ETC / name).read_bytes() for name in ("hosts", "resolv.conf", "passwd")}
    process.netns_run("--map-root", "--", "sh", "-c",
                      "for f in hosts resolv.conf passwd; do echo broken >>/etc/$f; done; "
                      "rm -f /etc/hosts; echo x >/etc/made-by-the-guest")
    for name, content in before.items():
        tap.equal((ETC / name).read_bytes(), content)
    tap.true(not (ETC / "made-by-the-guest").exists(), "the guest made a file on the host")


@tap.case("/etc is as it was for programs: owner, mode, and root's files stay closed")
def _():
    shown = process.in_guest("stat", "--format=%a %F", "/etc", "/etc/resolv.conf", "/etc/hosts")
    tap.equal(shown, "755 directory\n644 regular file\n644 regular file\n")
    shadow = process.netns_run("--map-root", "--", "cat", "/etc/shadow")
    tap.true(shadow.status != 0, "the guest's root reads /etc/shadow")


tap.main()
