#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-run --check: what this host lacks, under conditions that break each precondition."""

import os
import pathlib

from support import host, process, tap
from support.broken_host import CLOSED_TUN, NO_TUN, after, below_limit

SUBORDINATE_IDS = (pathlib.Path("/etc/subuid"), pathlib.Path("/etc/subgid"))


def finding(result: process.Result, what: str) -> str:
    """The line about `what`."""
    lines = [line for line in result.out.splitlines() if line[9:].partition(":")[0] == what]
    tap.equal(len(lines), 1, f"lines about {what} in {result.out!r} {result.err!r}")
    return lines[0]


def is_ok(result: process.Result, *names: str) -> None:
    for name in names:
        tap.equal(finding(result, name).split()[0], "ok", finding(result, name))


def says_missing(result: process.Result, what: str, *parts: str) -> None:
    """Something optional: netns-run works all the same."""
    tap.equal(result.status, 0, result.out + result.err)
    tap.contains(finding(result, what), "missing  ", *parts)


def says_not_ok(result: process.Result, what: str, *parts: str) -> None:
    tap.equal(result.status, 1, result.out + result.err)
    tap.contains(finding(result, what), "not ok   ", *parts)
    tap.contains(finding(result, "a command in a network of its own"), "not ok   ")
    tap.contains(result.out, "netns-run does not work here")


@tap.case("a host where all is well: status 0, and a command would run")
def _():
    result = process.netns_run("--check")
    tap.equal((result.status, result.err), (0, ""), result.out)
    is_ok(result, "user namespaces", "network namespaces", "mount namespaces", "PID namespaces",
          "map of your own id", "/dev/net/tun", "TAP, virtio-net header", "TAP, TCP offload",
          "system call filters", "ping beyond the gateway", "a command in a network of its own")
    tap.contains(finding(result, "netns-slirp"), "libslirp: 4.")
    tap.contains(result.out, "netns-run works here")


@tap.case("/dev/net/tun forbidden")
def _():
    if not host.is_really_root():
        tap.skip("an ordinary user cannot make a device node")
    says_not_ok(after(CLOSED_TUN, "--check"), "/dev/net/tun", "Permission denied", "chmod 0666")


@tap.case("/dev/net/tun absent")
def _():
    says_not_ok(after(NO_TUN, "--check"), "/dev/net/tun", "No such file", "modprobe tun")


for _name, _what in (("max_user_namespaces", "user namespaces"),
                     ("max_net_namespaces", "network namespaces"),
                     ("max_mnt_namespaces", "mount namespaces"),
                     ("max_pid_namespaces", "PID namespaces")):
    @tap.case(f"user.{_name} at 0")
    def _(name=_name, what=_what):
        result = below_limit(name, "--check")
        says_not_ok(result, what, f"sysctl -w user.{name}=")
        says_not_ok(result, f"user.{name}", f"sysctl -w user.{name}=")


@tap.case("in a chroot, where user namespaces are forbidden")
def _():
    jail = host.folder_for_files("jail")
    says_not_ok(after(f"mount --rbind / {jail} && cd {jail}", "--check", chroot=str(jail)),
                "user namespaces", "chroot")


def without_calls(names: str) -> process.Result:
    forbid = str(host.SOURCE / "tests/support/forbid.py")
    return process.run([*process.PYTHON, forbid, names, process.NETNS_RUN, "--check"])


@tap.case("a filter that forbids mount(2), as a container's does: all else is there")
def _():
    result = without_calls("mount")
    says_not_ok(result, "a command in a network of its own", "mount")
    is_ok(result, "user namespaces", "/dev/net/tun")
    tap.contains(finding(result, "/proc of its own"), "missing  ", "Operation not permitted")


@tap.case("the network helper is missing")
def _():
    result = process.netns_run("--check", env={"NETNS_SLIRP": "/nowhere/netns-slirp"})
    says_not_ok(result, "netns-slirp", "/nowhere/netns-slirp")


@tap.case("ping is for nobody")
def _():
    host.set_sysctl("net.ipv4.ping_group_range", "1 0")
    try:
        says_missing(process.netns_run("--check"), "ping beyond the gateway", "sysctl -w",
                     "net.ipv4.ping_group_range")
    finally:
        host.set_sysctl("net.ipv4.ping_group_range",
                        "0 2147483647" if host.is_really_root() else "0 0")


@tap.case("low ports: closed by default, open by the sysctl")
def _():
    says_missing(process.netns_run("--check"), "low ports of the host", "1024", "8080:80",
                 "net.ipv4.ip_unprivileged_port_start")
    host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "0")
    try:
        is_ok(process.netns_run("--check"), "low ports of the host")
    finally:
        host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "1024")


@tap.case("subordinate ids: a range, and none")
def _():
    for file in SUBORDINATE_IDS:
        before = file.read_text() if file.exists() else ""
        try:
            file.write_text(f"{host.USER_NAME}:300000:65536\n")
            line = finding(process.netns_run("--check"), str(file))
            tap.contains(line, "ok", "65536 ids from 300000")
            file.write_text("other:300000:65536\n")
            says_missing(process.netns_run("--check"), str(file), host.USER_NAME, "usermod")
        finally:
            file.write_text(before)


@tap.case("newuidmap and newgidmap: absent, and without their setuid bit")
def _():
    for tool in ("newuidmap", "newgidmap"):
        says_missing(with_path(only_true()), tool, "uidmap")
        blunt = host.folder_for_files("tools")
        (blunt / tool).write_text("#!/bin/sh\n")
        (blunt / tool).chmod(0o755)
        says_missing(with_path(f"{blunt}:{only_true()}"), tool, "setuid", "uidmap")


def with_path(path: str) -> process.Result:
    return process.run(["env", f"PATH={path}", process.NETNS_RUN, "--check"])


def only_true() -> str:
    folder = host.folder_for_files("bin")
    os.symlink("/usr/bin/true", folder / "true")
    return str(folder)


@tap.case("output to a full disk is an error")
def _():
    result = process.run(["sh", "-c", f"exec {process.NETNS_RUN} --check >/dev/full"])
    tap.true(result.status != 0, "--check claims success")


tap.main()
