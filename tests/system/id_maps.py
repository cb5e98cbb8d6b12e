#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--map-auto, --uid-map and --gid-map: a command with more ids than its caller's own."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

from support import control, host, process, tap, waiting
from support.helper import helper_of

FIRST, COUNT = 300000, 65536
FILES = {"uid": pathlib.Path("/etc/subuid"), "gid": pathlib.Path("/etc/subgid")}
RANGE = f"{host.USER_NAME}:{FIRST}:{COUNT}\n"
OWN = host.USER_ID
# The user is left out: its files are closed to the command.
SOMEBODY_ELSE = ("--uid-map", f"0:{FIRST}:100", "--gid-map", f"0:{FIRST}:100")
# The user keeps its id, beside others.
KEPT = ("--uid-map", f"{OWN}:{OWN}:1", "--uid-map", f"0:{FIRST}:100")
LAST_CAPABILITY = int(open("/proc/sys/kernel/cap_last_cap").read())
ALL = (1 << (LAST_CAPABILITY + 1)) - 1
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
PROBE_ATTACH = (*process.PYTHON, str(host.SOURCE / "tests/support/probe_attach.py"))


def skip_file(reason: str) -> None:
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def give_ranges(uid: str = RANGE, gid: str = RANGE) -> None:
    FILES["uid"].write_text(uid)
    FILES["gid"].write_text(gid)


def look_for_map_tools() -> None:
    if not host.is_really_root():
        skip_file("newuidmap serves the users of a real root only: run this as root")
    for tool in ("newuidmap", "newgidmap"):
        if not shutil.which(tool):
            skip_file(f"{tool} is not installed (package uidmap)")
        folder = pathlib.Path(shutil.which(tool)).parent
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            skip_file(f"{folder} is mounted nosuid: {tool} has no rights")
    if "NoNewPrivs:\t1" in pathlib.Path("/proc/self/status").read_text():
        skip_file("no-new-privs is set here: newuidmap has no rights")


look_for_map_tools()
tap.before_each(give_ranges)


def maps(*options: str) -> list[list[int]]:
    """The numbers of uid_map and of gid_map."""
    shown = process.guest_shell("cat /proc/self/uid_map; echo; cat /proc/self/gid_map", options)
    return [list(map(int, part.split())) for part in shown.split("\n\n")]


def status_of_command(*options: str) -> dict[str, str]:
    shown = process.in_guest("cat", "/proc/self/status", options=options)
    return dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)


def fails(*options: str) -> str:
    """What netns-run says; the command must not start."""
    result = process.netns_run(*options, "--", "echo", "started")
    tap.equal((result.status, result.out), (125, ""), result.err)
    return result.err


@tap.case("--map-auto: root is the user, and the ranges follow")
def _():
    expected = [0, OWN, 1, 1, FIRST, COUNT]
    tap.equal(maps("--map-auto"), [expected, expected])
    tap.equal(process.guest_shell("id -u; id -g", ["--map-auto"]), "0\n0\n")


@tap.case("--map-auto: several ranges in their order, one given by number, users and groups apart")
def _():
    give_ranges(uid=f"{RANGE}other:700000:10\n{OWN}:500000:10\n{OWN}:{FIRST}:{COUNT}\n",
                gid=f"{host.USER_NAME}:600000:5\n")
    users, groups = maps("--map-auto")
    # getsubids(1) may know the user by name only.
    tap.true(users in ([0, OWN, 1, 1, FIRST, COUNT, COUNT + 1, 500000, 10], [0, OWN, 1, 1, FIRST, COUNT]),
             str(users))
    tap.equal(groups, [0, OWN, 1, 1, 600000, 5])


@tap.case("the ranges come from the files where there is no getsubids")
def _():
    tools = host.folder_for_files("tools")
    for tool in ("newuidmap", "newgidmap", "cat"):
        os.symlink(shutil.which(tool), tools / tool)
    shown = process.succeeds(process.run(["env", f"PATH={tools}", process.NETNS_RUN, "--map-auto", "--",
                                          "cat", "/proc/self/uid_map"]))
    tap.equal(list(map(int, shown.split())), [0, OWN, 1, 1, FIRST, COUNT])


@tap.case("files can be given to the other ids, and programs run as them")
def _():
    folder = host.folder_for_files("given")
    shown = process.guest_shell(
        f"cd {folder} && touch file mine && chown 1:2 file && stat -c '%u:%g' file && "
        "setpriv --reuid=7 --regid=8 --clear-groups sh -c 'id -u; id -g' && "
        "runuser -u daemon -- id -un", ["--map-auto"])
    tap.equal(shown, "1:2\n7\n8\ndaemon\n")
    given, mine = (folder / "file").stat(), (folder / "mine").stat()
    tap.equal((given.st_uid, given.st_gid), (FIRST, FIRST + 1))
    tap.equal((mine.st_uid, mine.st_gid), (OWN, OWN))


@tap.case("rights as with --map-root: all capabilities of the namespace, or those that are left")
def _():
    for more, expected, no_new_privileges in (([], ALL, "0"), (["--cap-drop=ALL"], 0, "1"),
                                              (["--cap-drop=ALL", "--cap-add=CHOWN"], 1, "0")):
        status = status_of_command("--map-auto", *more)
        for kind in ("CapPrm", "CapEff", "CapBnd"):
            tap.equal((kind, int(status[kind], 16)), (kind, expected), str(more))
        tap.equal(status["NoNewPrivs"], no_new_privileges, str(more))
    process.guest_shell("ip link set tap0 down && mount -t tmpfs none /mnt", ["--map-auto"])


@tap.case("a profile's map-root does not get in the way of --map-auto")
def _():
    profile = host.folder_for_files("profile") / "root.toml"
    profile.write_text("map-root = true\n")
    tap.equal(maps(f"--profile={profile}", "--map-auto")[0], [0, OWN, 1, 1, FIRST, COUNT])
    tap.equal(maps(f"--profile={profile}", "--map-auto", "--map-auto=false")[0], [0, OWN, 1])


@tap.case("--uid-map with the own id: the command keeps it, and has the capabilities to use others")
def _():
    tap.equal(maps(*KEPT), [[OWN, OWN, 1, 0, FIRST, 100], [OWN, OWN, 1]])
    status = status_of_command(*KEPT)
    tap.equal(status["Uid"].split()[0], str(OWN))
    for kind in SETS:
        tap.equal((kind, int(status[kind], 16)), (kind, ALL))
    status = status_of_command(*KEPT, "--cap-drop=ALL")
    tap.equal([int(status[kind], 16) for kind in SETS], [0] * len(SETS))
    tap.equal(process.guest_shell("setpriv --reuid=0 id -u", KEPT), "0\n")


@tap.case("--uid-map alone leaves the groups to the other options")
def _():
    tap.equal(maps("--uid-map", f"5:{OWN}:1"), [[5, OWN, 1], [OWN, OWN, 1]])
    tap.equal(maps("--uid-map", f"5:{OWN}:1", "--map-root"), [[5, OWN, 1], [0, OWN, 1]])
    tap.equal(maps("--uid-map", f"5:{OWN}:1", "--map-auto")[1], [0, OWN, 1, 1, FIRST, COUNT])
    tap.equal(maps("--gid-map", f"6:{OWN}:1"), [[OWN, OWN, 1], [6, OWN, 1]])


@tap.case("maps without the caller: the command is another one, without the caller's files and groups")
def _():
    folder = host.folder_for_files("closed")
    (folder / "users").write_text("the user's")
    os.chown(folder / "users", OWN, OWN)
    (folder / "groups").write_text("the group's")
    os.chown(folder / "groups", 0, host.EXTRA_GROUP_ID)
    for name in ("users", "groups"):
        (folder / name).chmod(0o440)
    shown = process.guest_shell(
        f"id -u; id -g; id -G; cd {folder}; cat users groups; touch made; ping -c1 -W5 10.0.2.2 >&2",
        SOMEBODY_ELSE)
    tap.equal(shown, "0\n0\n0\n")
    made = (folder / "made").stat()
    tap.equal((made.st_uid, made.st_gid), (FIRST, FIRST))


@tap.case("supplementary groups stay until a program gives them up")
def _():
    folder = host.folder_for_files("group")
    (folder / "file").write_text("for the group\n")
    os.chown(folder / "file", 0, host.EXTRA_GROUP_ID)
    (folder / "file").chmod(0o640)
    tap.equal(process.in_guest("cat", str(folder / "file"), options=["--map-auto"]), "for the group\n")
    result = process.netns_run("--map-auto", "--", "setpriv", "--clear-groups", "cat",
                               str(folder / "file"))
    tap.true(result.status != 0, "a group that was given up still counts")
    tap.equal(process.in_guest("cat", "/proc/self/setgroups", options=["--map-auto"]), "allow\n")
    tap.equal(process.in_guest("cat", "/proc/self/setgroups", options=["--uid-map", KEPT[1]]), "deny\n")


@tap.case("no ranges: the file, the line to add, and a range that is free")
def _():
    for kind, option in (("uid", "usermod --add-subuids"), ("gid", "usermod --add-subgids")):
        give_ranges(**{kind: "other:300000:65536\n"})
        tap.contains(fails("--map-auto"), f"no range for {host.USER_NAME} in {FILES[kind]}",
                     f'{option} 365536-431071 {host.USER_NAME}', f'"{host.USER_NAME}:365536:65536"')


@tap.case("the tools are absent, or have no rights: which package brings them")
def _():
    def with_path(path: str) -> str:
        result = process.run(["env", f"PATH={path}", process.NETNS_RUN, "--map-auto", "--", "/bin/true"])
        tap.equal(result.status, 125, result.err)
        return result.err

    tools = host.folder_for_files("tools")
    tap.contains(with_path(str(tools)), "newuidmap: not found in PATH", "package uidmap")
    os.symlink(shutil.which("newuidmap"), tools / "newuidmap")
    tap.contains(with_path(str(tools)), "newgidmap: not found in PATH", "package uidmap")
    shutil.copy(shutil.which("newgidmap"), tools / "newgidmap")
    (tools / "newgidmap").chmod(0o755)
    tap.contains(with_path(str(tools)), "newgidmap: ", "neither setuid root", "package uidmap")
    result = process.run(["setpriv", "--no-new-privs", process.NETNS_RUN, "--map-auto", "--", "true"])
    tap.equal(result.status, 125)
    tap.contains(result.err, "newuidmap: ", "no-new-privs is set")


@tap.case("ids that are not the user's, and maps in which the command is nobody")
def _():
    tap.contains(fails("--uid-map", f"0:{OWN}:1", "--uid-map", "1:400000:1"), "newuidmap: ", "not allowed",
                 f"/etc/subuid gives {host.USER_NAME} {COUNT} ids from {FIRST}")
    tap.contains(fails("--uid-map", f"1:{FIRST}:1"), f"--uid-map {OWN}:{OWN}:1")
    tap.contains(fails("--gid-map", f"1:{FIRST}:1"), f"--gid-map {OWN}:{OWN}:1")
    tap.contains(fails("--uid-map", "0:1"), '--uid-map "0:1": expected INSIDE:OUTSIDE:COUNT')
    tap.contains(fails("--uid-map", f"0:{OWN}:1", "--uid-map", f"0:{FIRST}:1"), "earlier")


@tap.case("root of the host needs neither tools nor ranges, and a guest's root hands on what it has")
def _():
    give_ranges("", "")
    options = ("--uid-map", "0:0:1", "--uid-map", "1:5000:10", "--gid-map", "0:5000:10")
    shown = process.succeeds(process.netns_run(*options, "--", "cat", "/proc/self/uid_map", user=False))
    tap.equal(list(map(int, shown.split())), [0, 0, 1, 1, 5000, 10])
    give_ranges()
    shown = process.in_guest(process.NETNS_RUN, "--cidr=10.0.9.0/24", "--uid-map=0:0:1",
                             "--uid-map=1:1000:50", "--", "cat", "/proc/self/uid_map",
                             options=["--map-auto"])
    tap.equal(list(map(int, shown.split())), [0, 0, 1, 1, 1000, 50])


for options in (["--map-auto"], SOMEBODY_ELSE):
    @tap.case(f"online, published, mended, controlled and stopped as ever {options[0]}")
    def _(options=options):
        guest = process.start_netns_run(
            *options, "--name", "web", "-p", "127.0.0.1:8080:80", "--", "setpriv", "--reuid=3",
            "--regid=3", "--clear-groups", "--", *process.PEER, "tcp-echo", "0.0.0.0", "80"
        ).says("listening")

        def serves() -> bool:
            asked = process.peer("tcp-echo-ask", "127.0.0.1", 8080).wait()
            return asked.out == "there and back\n"

        tap.true(serves(), guest.err)
        helper = helper_of(guest)
        status = pathlib.Path(f"/proc/{helper}/status").read_text()
        tap.contains(status, f"Uid:\t{OWN}\t", "NoNewPrivs:\t1", "Seccomp:\t2", "CapPrm:\t0000000000000400\n")
        os.kill(helper, signal.SIGKILL)
        helper_of(guest, but=helper)
        waiting.until(serves, "an answer by the next helper")
        tap.equal([instance["name"] for instance in control.ctl_json("ps")], ["web"])
        process.succeeds(control.ctl("stop", "web"))
        tap.equal(guest.wait().status, 128 + signal.SIGTERM)

    @tap.case(f"SIGKILL of netns-run leaves nothing, also of other ids {options[0]}")
    def _(options=options):
        for more in ([], ["--share-pid"]):
            # The harness ends it by SIGKILL and looks.
            process.start_netns_run(
                *options, *more, "--", "sh", "-c",
                "setsid setpriv --reuid=9 --clear-groups sleep 71 & echo up; sleep 71").says("up")
            host.check_nothing_is_left()

    @tap.case(f"--share-pid ends what the command leaves behind, also of other ids {options[0]}")
    def _(options=options):
        process.succeeds(process.netns_run(
            *options, "--share-pid", "--", "sh", "-c",
            "setsid setpriv --reuid=9 --clear-groups sleep 71 >/dev/null 2>&1 & exit 0"))

    @tap.case(f"a stopped init ends with netns-run {options[0]}")
    def _(options=options):
        guest = process.start_netns_run(*options, "--", "sh", "-c", "echo up; sleep 71").says("up")
        children = pathlib.Path(f"/proc/{guest.pid}/task/{guest.pid}/children").read_text().split()
        init = next(int(pid) for pid in children if int(pid) != helper_of(guest))
        os.kill(init, signal.SIGSTOP)
        host.check_nothing_is_left()

    @tap.case(f"the command gets no hold of its init and of netns-run {options[0]}")
    def _(options=options):
        tap.equal(process.in_guest(*PROBE_ATTACH, "1", options=options), "tried\n")
        guest = process.start_netns_run(*options, "--share-pid", "--", "sh", "-c",
                                        f"echo up; read ids; exec {' '.join(PROBE_ATTACH)} $ids",
                                        stdin=subprocess.PIPE).says("up")
        guest.stdin.write(f"{guest.pid} {helper_of(guest)}\n".encode())
        guest.stdin.flush()
        tap.equal(guest.says("tried").out, "up\ntried\n")


tap.main()
