#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who the command is, and what it may do."""

import os

from support import host, process, tap

LAST_CAPABILITY = int(open("/proc/sys/kernel/cap_last_cap").read())
ALL_CAPABILITIES = f"{(1 << (LAST_CAPABILITY + 1)) - 1:016x}"


def status_of_command(*options: str) -> dict[str, str]:
    """/proc/self/status of a command in the guest."""
    shown = process.in_guest("cat", "/proc/self/status", options=options)
    return dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)


@tap.case("the command keeps the caller's uid, gid and name")
def _():
    tap.equal(process.guest_shell("id -u; id -g; id -un"),
              f"{host.USER_ID}\n{host.USER_ID}\n{host.USER_NAME}\n")


@tap.case("supplementary groups still open the caller's files")
def _():
    if not host.is_really_root():
        tap.skip("an ordinary user cannot give itself another group")
    folder = host.folder_for_files("group")
    (folder / "file").write_text("for the group\n")
    os.chown(folder / "file", 0, host.EXTRA_GROUP_ID)
    (folder / "file").chmod(0o640)
    tap.equal(process.in_guest("cat", str(folder / "file")), "for the group\n")


@tap.case("files that the command makes belong to the caller")
def _():
    folder = host.folder_for_files("made")
    for options in ([], ["--map-root"]):
        process.in_guest("touch", str(folder / "file"), options=options)
        expected = host.USER_ID if host.is_really_root() else os.geteuid()
        tap.equal((folder / "file").stat().st_uid, expected)
        (folder / "file").unlink()


@tap.case("the command has no capability whatever")
def _():
    status = status_of_command()
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        tap.equal((kind, status[kind]), (kind, "0" * 16))


@tap.case("no new privileges: setuid programs and file capabilities gain nothing")
def _():
    tap.equal(status_of_command()["NoNewPrivs"], "1")


@tap.case("the command cannot change the network that it was given")
def _():
    result = process.netns_run("--", "ip", "link", "set", "tap0", "down")
    tap.true(result.status != 0, "it can")


@tap.case("--map-root: uid 0 with all capabilities of the namespace")
def _():
    status = status_of_command("--map-root")
    tap.equal((status["Uid"].split()[0], status["Gid"].split()[0]), ("0", "0"))
    tap.equal((status["CapEff"], status["CapPrm"]), (ALL_CAPABILITIES, ALL_CAPABILITIES))


@tap.case("--map-root can configure its network and mount, and remains nobody on the host")
def _():
    process.guest_shell("ip address add 10.77.0.1/32 dev lo && mount -t tmpfs none /mnt && "
                        "ip link add type veth", options=["--map-root"])
    secret = host.folder_for_files("secret") / "file"
    secret.write_text("root's")
    secret.chmod(0o600)
    if host.is_really_root():
        result = process.netns_run("--map-root", "--", "cat", secret)
        tap.true(result.status != 0, "the guest's root reads a file of the host's root")


@tap.case("low ports can be bound by the command, TCP and UDP")
def _():
    for options in ([], ["--map-root"]):
        shown = process.in_guest(
            *process.PYTHON, "-c",
            "import socket\n"
            "socket.create_server(('', 1)); socket.create_server(('::1', 80), "
            "family=socket.AF_INET6)\n"
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(('', 53)); print('bound')",
            options=options)
        tap.equal(shown, "bound\n")


@tap.case("ping works for the command without any privilege")
def _():
    for options in ([], ["--map-root"]):
        process.in_guest("ping", "-c", "1", "-W", "5", "10.0.2.2", options=options)
        process.in_guest("ping", "-c", "1", "-W", "5", "127.0.0.1", options=options)


@tap.case("the command has a PID namespace of its own, with a /proc that shows it")
def _():
    processes = process.guest_shell("echo /proc/[0-9]*").split()
    tap.true(len(processes) <= 4, f"it sees {processes}")
    tap.contains(process.in_guest("ps", "ax"), "ps ax")


@tap.case("--share-pid: the command sees the host's processes, and its own by their host's number")
def _():
    running = process.start_netns_run("--share-pid", "--", "sh", "-c",
                                      "echo pid=$$; exec sleep 60").says("pid=")
    pid = int(running.out.partition("pid=")[2])
    tap.contains(open(f"/proc/{pid}/cmdline").read(), "sleep")
    seen = process.guest_shell(f"cat /proc/{os.getpid()}/comm", options=["--share-pid"])
    tap.contains(seen, "python")


@tap.case("/sys shows the guest's interfaces, not the host's, and cannot be written")
def _():
    tap.equal(sorted(process.in_guest("ls", "/sys/class/net").split()), ["lo", "tap0"])
    result = process.netns_run("--map-root", "--", "sh", "-c", "echo 1 >/sys/class/net/tap0/mtu")
    tap.true(result.status != 0, "/sys is writable")


@tap.case("netns-run nests: a guest in a guest is online")
def _():
    process.peer("tcp-echo", "127.0.0.1", 7000)
    shown = process.in_guest(
        process.NETNS_RUN, "--cidr", "10.0.3.0/24", "--", *process.PEER, "tcp-echo-ask",
        "10.0.2.2", "7000", options=["--allow-host-loopback"])
    tap.equal(shown, "there and back\n")


tap.main()
