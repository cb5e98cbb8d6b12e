#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--ipc, --uts, --hostname and --cgroup, and netns-run in netns-run."""

import os

from support import process, tap


def namespace(kind: str, *options: str) -> str:
    return process.in_guest("readlink", f"/proc/self/ns/{kind}", options=options).strip()


@tap.case("a namespace more for each option, and by default none")
def _():
    for kind, option in (("ipc", "--ipc"), ("uts", "--uts"), ("cgroup", "--cgroup")):
        ours = os.readlink(f"/proc/self/ns/{kind}")
        tap.equal(namespace(kind), ours, kind)
        tap.true(namespace(kind, option) != ours, f"{option} makes no namespace")


@tap.case("--hostname: its own name, also in /etc/hosts and /etc/hostname; the host keeps its own")
def _():
    before = os.uname().nodename
    shown = process.guest_shell("hostname; cat /etc/hostname; getent ahostsv4 box.test",
                                options=["--hostname", "box.test"])
    tap.equal(shown.splitlines()[:2], ["box.test", "box.test"])
    tap.contains(shown, "10.0.2.100")
    tap.equal(os.uname().nodename, before)


@tap.case("netns-run in netns-run is online, with and without --map-root")
def _():
    process.peer("tcp-hello", "127.0.0.1", 7001, "hello")
    for outer in ([], ["--map-root"]):
        for inner in ([], ["--map-root"]):
            options = [*outer, "--allow-host-loopback"]
            shown = process.in_guest(
                process.NETNS_RUN, "--cidr", "10.0.9.0/24", "--add-host", "outer:10.0.2.2", *inner,
                "--", *process.PEER, "connect", "outer", "7001", options=options)
            tap.equal(shown, "connected\n", f"{outer} {inner}")


@tap.case("user namespaces in the guest, four deep")
def _():
    unshare = ("unshare", "--user", "--map-root-user")
    for options in ([], ["--map-root"]):
        tap.equal(process.in_guest(*unshare * 4, "id", "-u", options=options), "0\n")


tap.main()
