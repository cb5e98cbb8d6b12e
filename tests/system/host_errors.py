#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Errors of the host and of the command line: each names its cause and what mends it."""

import re

from support import host, process, tap
from support.broken_host import CLOSED_TUN, NO_TUN, after, below_limit

NETNS_RUN = process.NETNS_RUN


def fails(result: process.Result, *parts: str) -> None:
    tap.equal((result.status, result.out), (125, ""), result.err)
    tap.contains(result.err, "netns-run: ", *parts)
    tap.true(len(result.err.splitlines()) <= 3, f"a message of many lines: {result.err}")


@tap.case("/dev/net/tun forbidden: mode, cause and mend")
def _():
    if not host.is_really_root():
        tap.skip("an ordinary user cannot make a device node")
    fails(after(CLOSED_TUN, "--", "true"), "/dev/net/tun", "Permission denied", "chmod 0666")


@tap.case("/dev/net/tun absent: cause and mend")
def _():
    fails(after(NO_TUN, "--", "true"),
          "/dev/net/tun", "No such file", "modprobe tun")


@tap.case("user namespaces forbidden by a limit: the sysctl is named")
def _():
    fails(below_limit("max_user_namespaces", "--", "true"), "namespace", "user.max_user_namespaces")


@tap.case("network namespaces forbidden by a limit: the sysctl is named")
def _():
    fails(below_limit("max_net_namespaces", "--", "true"), "user.max_net_namespaces")


@tap.case("in a chroot the kernel forbids user namespaces: the message says so")
def _():
    # user_namespaces(7): EPERM when the caller's root directory is not its mount namespace's.
    jail = host.folder_for_files("jail")
    fails(after(f"mount --rbind / {jail} && cd {jail}", "--", "true", chroot=str(jail)),
          "namespace", "chroot")


@tap.case("too few file descriptors: the limit is named")
def _():
    if host.is_sanitized():
        tap.skip("the sanitizers need descriptors of their own to look at memory")
    fails(process.run(["sh", "-c", f"ulimit -n 6; exec {NETNS_RUN} -- true"]),
          "Too many open files", "ulimit -n")


@tap.case("no memory: a message, not a crash")
def _():
    if host.is_sanitized():
        tap.skip("sanitizers need all of the address space")
    result = process.run(["sh", "-c", f"ulimit -v 12000; exec {NETNS_RUN} -- true"])
    tap.true(result.status in (125, 127), f"{result}")  # 127: not even the loader starts
    tap.true(result.err, "no message")


@tap.case("too few processes: a message, not a crash")
def _():
    if not host.is_really_root():
        tap.skip("the limit would count other processes of this user")
    # The leak checker needs a process of its own.
    fails(process.run(["bash", "-c", f"ulimit -u 1; exec {NETNS_RUN} -- true"],
                      env={"ASAN_OPTIONS": "detect_leaks=0"}),
          "Resource temporarily unavailable")


@tap.case("an unknown option is named")
def _():
    fails(process.netns_run("--no-such-option", "--", "true"), "--no-such-option")
    fails(process.netns_run("-Z", "--", "true"), "-Z")


@tap.case("without a command the usage is named")
def _():
    fails(process.netns_run(), "command")
    fails(process.netns_run("-p", "8080:80", "--"), "command")


# Option, value, a word of what is expected.
BAD_VALUES = (
    ("--cidr", "x", "10.0.2.0/24"),
    ("--cidr", "10.0.2.0", "10.0.2.0/24"),
    ("--cidr", "10.0.2.100/24", "network address"),
    ("--cidr", "10.0.2.0/26", "1-25"),
    ("--cidr", "10.0.2.0/0", "1-25"),
    ("--cidr", "fd00::/64", "10.0.2.0/24"),
    ("--cidr6", "x", "fd00::/64"),
    ("--cidr6", "fd00::1/64", "network address"),
    ("--cidr6", "fd00::/65", "64"),
    ("--cidr6", "10.0.2.0/24", "fd00::/64"),
    ("--dns", "example.org", "address"),
    ("--add-host", "db", "host-gateway"),
    ("--mtu", "x", "65521"),
    ("--mtu", "0", "65521"),
    ("--mtu", "65522", "65521"),
    ("--mtu", "-1500", "65521"),
    ("--mtu", "1500x", "65521"),
    ("--ifname", "a-name-of-sixteen", "15"),
    ("--ifname", "a/b", "15"),
    ("--ifname", "lo", "lo"),
    ("--mac", "x", "unicast"),
    ("--mac", "02:11:22:33:44", "unicast"),
    ("--mac", "ff:ff:ff:ff:ff:ff", "unicast"),
    ("--outbound-addr", "no-such-interface", "address"),
    ("--outbound-addr", "fd00::1", "IPv4"),
    ("--outbound-addr6", "127.0.0.1", "IPv6"),
    ("--tcp-engine", "x", "libslirp"),
    ("--api-socket", "/tmp/" + "x" * 108, "107"),
)
for option, value, expected in BAD_VALUES:
    @tap.case(f"{option} '{value[:30]}' is refused: option, value, expectation")
    def _(option=option, value=value, expected=expected):
        fails(process.netns_run(option, value, "--", "true"), option, value, expected)


@tap.case("an option without its value is named")
def _():
    for option in ("--cidr", "--mtu", "--publish"):
        fails(process.netns_run(option), option)


@tap.case("--help goes to standard output, fits two screens, has examples first and all options")
def _():
    result = process.netns_run("--help")
    tap.equal((result.status, result.err), (0, ""))
    lines = result.out.splitlines()
    tap.true(len(lines) <= 48, f"{len(lines)} lines")
    tap.true(max(map(len, lines)) <= 80, "a line of more than 80 characters")
    tap.true(result.out.index("netns-run -p 8080:80") < result.out.index("--map-root, "),
             "examples come late")
    tap.contains(result.out, "--publish", "--map-root", "--allow-host-loopback", "--version")
    tap.equal(process.netns_run("-h").out, result.out)


@tap.case("--help and --version work where nothing else would")
def _():
    for option in ("--help", "--version"):
        result = after("mount -t tmpfs none /dev/net", option)
        tap.equal(result.status, 0)


@tap.case("--version names our version, libslirp's and libseccomp's")
def _():
    result = process.netns_run("--version")
    tap.equal(result.status, 0)
    tap.true(re.search(r"netns-run.* \d+\.\d+\.\d+", result.out), result.out)
    tap.true(re.search(r"libslirp\D*4\.\d+", result.out), result.out)
    tap.true(re.search(r"libseccomp\D*2\.\d+", result.out), result.out)


@tap.case("output to a full disk is an error")
def _():
    result = process.run(["sh", "-c", f"exec {NETNS_RUN} --help >/dev/full"])
    tap.true(result.status != 0, "--help claims success")


tap.main()
