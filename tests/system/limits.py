#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--memory, --cpus and --pids: in force, or an error that names what is missing.

The user's systemd is played by support/systemd_bus.py, and the files of control groups by ordinary
ones in a folder at /sys/fs/cgroup: nothing depends on how the host limits. That processes move to
another control group is real."""

import json
import os
import pathlib
import shutil
import signal

from support import control, host, process, tap, waiting
from support.helper import helper_of

CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")
LIMITS = ("--memory", "64m", "--cpus", "1.5", "--pids", "32")
BUS = f"unix:path={host.HOME}/bus"
# Of a bus on which root, who plays systemd, may be, too.
BUS_CONFIGURATION = f"""<busconfig><listen>{BUS}</listen>
<policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy></busconfig>"""
ON_BUS = {"DBUS_SESSION_BUS_ADDRESS": BUS}


def own_group(pid: int | str = "self") -> str:
    """Below the hierarchy of version 2."""
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return line[3:]
    tap.skip("this host has no control groups of version 2")


def real_groups() -> pathlib.Path:
    """The directory of the group that this test is in."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _device, where, kind = line.split()[:3]
        if kind == "cgroup2":
            return pathlib.Path(where + own_group())
    tap.skip("this host has no control groups of version 2")


class Folder:
    """In place of /sys/fs/cgroup, with the group that this test is in."""

    def __init__(self) -> None:
        if not host.is_really_root():
            tap.skip("it takes a real root to make control groups")
        real = real_groups()
        self.groups = host.folder_for_files("groups")
        host.root("mount", "--bind", str(real), str(self.groups))
        host.root("mount", "-t", "tmpfs", "-o", "mode=755", "none", str(CONTROL_GROUPS))
        self.own = pathlib.Path(f"{CONTROL_GROUPS}{own_group()}")
        self.own.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_) -> None:
        for scope in self.groups.glob("netns-run-*.scope"):
            waiting.until(lambda: not (scope / "cgroup.procs").read_text(), "the end of the scope")
            scope.rmdir()
        host.root("umount", "--lazy", str(CONTROL_GROUPS))
        host.root("umount", str(self.groups))

    def delegate(self, controllers: str = "cpu memory pids") -> None:
        """As the kernel shows a group that is the user's."""
        shutil.chown(self.own, host.USER_ID)
        for name, text in (("cgroup.type", "domain\n"), ("cgroup.controllers", controllers + "\n"),
                           ("cgroup.subtree_control", "\n"), ("cgroup.procs", f"{os.getpid()}\n")):
            (self.own / name).write_text(text)
            (self.own / name).chmod(0o666)

    def written(self) -> dict[str, str]:
        """What is in the files of the groups that were made."""
        return {f"{path.parent.name.partition('.')[2]}/{path.name}": path.read_text()
                for path in self.own.glob("netns-run-*/*")}


class Systemd:
    def __init__(self, folder: Folder, controllers: str = "cpu,memory,pids", outcome: str = "done"):
        (host.SCRATCH / "bus.conf").write_text(BUS_CONFIGURATION)
        process.Process(["dbus-daemon", f"--config-file={host.SCRATCH}/bus.conf", "--nofork",
                         "--nopidfile", "--print-address"]).says("unix:path")
        self._bus = process.Process(
            [*process.PYTHON, str(host.SOURCE / "tests/support/systemd_bus.py"), BUS, str(folder.groups),
             str(folder.own), controllers, outcome], user=False).says("listening")

    def requests(self) -> list[dict]:
        return [json.loads(line) for line in self._bus.out.splitlines()[1:]]


def fails(*parts: str, env: dict[str, str] | None = None, options: tuple = LIMITS) -> None:
    result = process.netns_run(*options, "--", "echo", "it runs", env=env)
    tap.equal((result.status, result.out), (125, ""), result.err)
    tap.contains(result.err, "netns-run: ", *parts)


@tap.case("the user's systemd limits the command and all that it starts, and not the helper")
def _():
    with Folder() as folder:
        systemd = Systemd(folder)
        running = process.start_netns_run(*LIMITS, "--", "sh", "-c", "cat /proc/self/cgroup; exec sleep 60",
                                          env=ON_BUS).says("0::")
        unit = f"netns-run-{running.pid}.scope"
        request, = systemd.requests()
        tap.equal((request["unit"], request["mode"]), (unit, "fail"))
        properties = request["properties"]
        init, = properties.pop("PIDs")
        tap.equal({name: properties[name] for name in ("MemoryMax", "CPUQuotaPerSecUSec", "TasksMax")},
                  {"MemoryMax": 64 << 20, "CPUQuotaPerSecUSec": 1_500_000, "TasksMax": 32})
        tap.true(f"/{unit}\n" in running.out, running.out)
        tap.equal(own_group(init), f"{own_group().rstrip('/')}/{unit}")
        for pid in (running.pid, helper_of(running)):
            tap.equal(own_group(pid), own_group(), "netns-run and its helper")
        running.signal(signal.SIGTERM)
        tap.equal(running.wait().status, 143)


@tap.case("one limit alone; also in the background")
def _():
    with Folder() as folder:
        systemd = Systemd(folder, controllers="pids")
        tap.equal(process.netns_run("--pids", "9", "--", "sh", "-c", "exit 7", env=ON_BUS).status, 7)
        tap.equal(process.netns_run("--pids", "9", "--detach", "--", "true", env=ON_BUS).status, 0)
        for request in systemd.requests():
            tap.equal(sorted(request["properties"]), ["CollectMode", "Description", "PIDs", "TasksMax"])
        waiting.until(lambda: not control.names(), "the end of the instance")


@tap.case("systemd without a controller: nothing runs, and the mend is named")
def _():
    with Folder() as folder:
        Systemd(folder, controllers="memory,pids")
        fails("cpu for --cpus", "Delegate=cpu memory pids", env=ON_BUS)


@tap.case("systemd refuses, or its job fails: its words")
def _():
    for outcome, words in (("refused", "ask systemd for the limits: not today"), ("failed", ".scope: failed")):
        with Folder() as folder:
            Systemd(folder, outcome=outcome)
            fails(words, env=ON_BUS)
            while host.of_this_case:
                host.of_this_case.pop().end()


@tap.case("neither systemd nor a group of one's own: what is missing, never no limit")
def _():
    with Folder():
        for env, words in (({}, "/bus, and DBUS_SESSION_BUS_ADDRESS is not set"), (ON_BUS, "connect to the bus")):
            fails("limits need the user's systemd", words, "is not yours", "Delegate=yes", env=env)


@tap.case("a control group that has been given to the user: limits in its files, others made room")
def _():
    with Folder() as folder:
        folder.delegate()
        shown = process.in_guest("sh", "-c", "echo up", options=LIMITS)
        tap.equal(shown, "up\n")
        written = folder.written()
        tap.equal({name: written[name] for name in ("/memory.max", "/cpu.max", "/pids.max")},
                  {"/memory.max": f"{64 << 20}", "/cpu.max": "150000 100000", "/pids.max": "32"})
        tap.true(written["/cgroup.procs"].isdigit(), f"init: {written}")
        tap.equal(written["others/cgroup.procs"], str(os.getpid()))


@tap.case("what netns-ctl exec runs is limited, too, or does not run")
def _():
    with Folder() as folder:
        folder.delegate()
        process.start_netns_run(*LIMITS, "--name", "web", "--", "sh", "-c", "echo up; exec sleep 60").says("up")
        members, = folder.own.glob("netns-run-*[0-9]/cgroup.procs")
        members.write_text("")
        second = process.Process([control.NETNS_CTL, "exec", "web", "echo", "ran"])
        tap.equal((second.wait().out, members.read_text()), ("ran\n", str(second.pid)))
        members.unlink()
        members.mkdir()  # cannot be written
        result = control.ctl("exec", "web", "echo", "ran")
        tap.equal((result.status, result.out), (125, ""))
        tap.contains(result.err, "the limits of the instance cannot be applied to another command: write")
        process.succeeds(control.ctl("stop", "web"))
        members.rmdir()


@tap.case("netns-ctl exec and the scope of systemd: limited, or the way round is named where it cannot be")
def _():
    with Folder() as folder:
        Systemd(folder)
        process.start_netns_run(*LIMITS, "--name", "web", "--", "sh", "-c", "echo up; exec sleep 60",
                                env=ON_BUS).says("up")
        scope, = folder.own.glob("netns-run-*.scope")
        members = scope / "cgroup.procs"
        members.write_text("")
        members.chmod(0o666)
        second = process.Process([control.NETNS_CTL, "exec", "web", "echo", "ran"])
        tap.equal((second.wait().out, members.read_text()), ("ran\n", str(second.pid)))
        members.chmod(0o600)  # as the kernel says it where the group above both is root's
        result = control.ctl("exec", "web", "echo", "ran")
        tap.equal((result.status, result.out), (125, ""))
        tap.contains(result.err, "cgroup.procs: Permission denied", "systemd-run --user --scope netns-ctl exec")
        process.succeeds(control.ctl("stop", "web"))


@tap.case("a group without a controller: the error names it")
def _():
    with Folder() as folder:
        folder.delegate("cpu memory")
        fails("has not been given the controllers pids for --pids")
        tap.equal(folder.written(), {})


@tap.case("--check says who could limit")
def _():
    with Folder() as folder:
        result = process.netns_run("--check")
        tap.contains(result.out, "missing  limits", "is not yours")
        folder.delegate("cpu memory")
        tap.contains(process.netns_run("--check").out, "missing  limits", "pids for --pids")
        folder.delegate()
        tap.contains(process.netns_run("--check").out, f"ok       limits: {folder.own}")
        Systemd(folder)
        tap.contains(process.netns_run("--check", env=ON_BUS).out, "ok       limits: systemd")


tap.main()
