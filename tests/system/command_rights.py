#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rights of the command: capabilities, no-new-privs, and the sockets that it may not make."""

import os

from support import host, process, tap

LAST_CAPABILITY = int(open("/proc/sys/kernel/cap_last_cap").read())
ALL = (1 << (LAST_CAPABILITY + 1)) - 1
NET_ADMIN, NET_RAW, SYS_ADMIN = 1 << 12, 1 << 13, 1 << 21  # linux/capability.h
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")

PROBE_SOCKETS = (*process.PYTHON, str(host.SOURCE / "tests/support/probe_sockets.py"))


def status_of_command(*options: str, **more) -> dict[str, str]:
    """/proc/self/status of a command in the guest."""
    shown = process.in_guest("cat", "/proc/self/status", options=options, **more)
    return dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)


def holds_exactly(expected: int, *options: str) -> None:
    status = status_of_command("--map-root", *options)
    sets = dict.fromkeys(("CapPrm", "CapEff", "CapBnd"), expected) | {"CapInh": 0, "CapAmb": 0}
    for kind in SETS:
        tap.equal(f"{kind} {int(status[kind], 16):x}", f"{kind} {sets[kind]:x}", str(options))


@tap.case("--cap-drop takes capabilities from every set, the bounding set too")
def _():
    holds_exactly(ALL)
    holds_exactly(ALL & ~NET_ADMIN, "--cap-drop", "NET_ADMIN")
    holds_exactly(ALL & ~NET_ADMIN & ~SYS_ADMIN, "--cap-drop=cap_net_admin,CAP_SYS_ADMIN")
    holds_exactly(0, "--cap-drop", "ALL")


@tap.case("--cap-add gives back single ones of a dropped ALL")
def _():
    holds_exactly(NET_ADMIN | NET_RAW, "--cap-drop", "ALL", "--cap-add", "NET_ADMIN",
                  "--cap-add", "net_raw")
    holds_exactly(ALL & ~NET_RAW, "--cap-add", "ALL", "--cap-drop", "NET_RAW")


@tap.case("what was dropped cannot be done, and what was kept can")
def _():
    options = ["--map-root", "--cap-drop=ALL", "--cap-add=NET_ADMIN"]
    process.in_guest("ip", "link", "set", "tap0", "down", options=options)
    result = process.netns_run(*options, "--", "mount", "-t", "tmpfs", "none", "/mnt")
    tap.true(result.status != 0, "it can mount without SYS_ADMIN")
    result = process.netns_run("--map-root", "--cap-drop=NET_ADMIN", "--", "ip", "link", "set",
                               "tap0", "down")
    tap.true(result.status != 0, "it can configure the network without NET_ADMIN")


@tap.case("a mistake in --cap-add or --cap-drop starts nothing and is named")
def _():
    for options, expected in (
            (["--map-root", "--cap-add", "NET_ADMINS"], '--cap-add "NET_ADMINS": expected the'),
            (["--cap-drop", "ALL"], '--cap-drop "ALL": expected --map-root or another map')):
        result = process.netns_run(*options, "--", "echo", "started")
        tap.equal((result.status, result.out), (125, ""))
        tap.contains(result.err, expected)


@tap.case("no-new-privs: by default when it holds no capabilities, else on request")
def _():
    for options, expected in (([], "1"), (["--map-root"], "0"), (["--no-new-privs=false"], "0"),
                              (["--map-root", "--no-new-privs"], "1"),
                              (["--map-root", "--cap-drop=ALL"], "1"),
                              (["--map-root", "--cap-drop=NET_RAW"], "0"),
                              (["--map-root", "--cap-drop=ALL", "--no-new-privs=false"], "0")):
        tap.equal(status_of_command(*options)["NoNewPrivs"], expected, str(options))


@tap.case("without no-new-privs the command still begins without capabilities, also as uid 0")
def _():
    for user in (True, False):
        status = status_of_command("--no-new-privs=false", user=user)
        tap.equal([int(status[kind], 16) for kind in SETS if kind != "CapBnd"], [0] * 4)


@tap.case("--no-new-privs=false lets a file's capabilities count, and only that does")
def _():
    if not host.is_really_root():
        tap.skip("only the host's root gives capabilities to a file")
    folder = host.folder_for_files("with_capabilities")
    program = folder / "grep"
    host.root("cp", "/bin/grep", str(program))
    # CAP_NET_RAW permitted and effective, as setcap(8) writes it (linux/capability.h).
    os.setxattr(program, "security.capability",
                bytes.fromhex("01000002" "00200000" "00000000" "00000000" "00000000"))
    for options, expected in (["--no-new-privs=false"], NET_RAW), ([], 0):
        shown = process.in_guest(str(program), "CapEff", "/proc/self/status", options=options)
        tap.equal(int(shown.split()[1], 16), expected, str(options))


def sockets(family: str, options: list[str] | None) -> dict[str, str]:
    """Of probe_sockets.py in the guest, or on the host where `options` is None."""
    command = [*PROBE_SOCKETS, family]
    shown = (process.succeeds(process.run(command)) if options is None
             else process.in_guest(*command, options=options))
    return dict(line.split() for line in shown.splitlines())


CLOSED = {"native": "EAFNOSUPPORT", "native-high-half": "EAFNOSUPPORT", "x32": "EAFNOSUPPORT",
          "i386-socket": "EAFNOSUPPORT", "i386-socketcall": "EAFNOSUPPORT",
          "io_uring": "ENOSYS", "i386-io_uring": "ENOSYS"}

for way, expected in CLOSED.items():
    @tap.case(f"vsock, a way around the network namespace, is closed: {way}")
    def _(way=way, expected=expected):
        outside = sockets("vsock", None).get(way)
        if outside is None:
            tap.skip("no such way on this machine")
        for options in ([], ["--map-root"], ["--no-new-privs=false"],
                        ["--map-root", "--cap-drop=ALL"], ["--map-root", "--no-new-privs"]):
            tap.equal(sockets("vsock", options)[way], expected, str(options))
        # The x32 table is tried even where the kernel has none: the filter answers first.
        if outside == expected:
            tap.skip(f"closed outside as well ({outside}): nothing is proven")


@tap.case("--allow-vsock: all of that is as it is outside")
def _():
    tap.equal(sockets("vsock", ["--allow-vsock"]), sockets("vsock", None))
    tap.equal(status_of_command("--allow-vsock")["Seccomp"], "0")


@tap.case("other families stay open by the tables of every architecture, and 32-bit programs run")
def _():
    inside, outside = sockets("unix", []), sockets("unix", None)
    for way in outside.keys() - {"io_uring", "i386-io_uring", "i386-socketcall"}:
        tap.equal((way, inside[way]), (way, outside[way]))


tap.main()
