#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which stages of lock-down each caller's helper gets, on hosts that allow less and less: the table
of SECURITY.md. The rest of the suites shows that such helpers work."""

import os
import pathlib

from support import host, process, tap, waiting
from support.target import Helper, Target

NET_BIND_SERVICE = 1 << 10
FORBID = (*process.PYTHON, str(host.SOURCE / "tests/support/forbid.py"))

if not host.is_really_root():
    print("1..0 # SKIP only the host's root may look at a helper's namespaces and root")
    raise SystemExit(0)


def namespace(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def status(pid: int) -> dict[str, str]:
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def listing(directory: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(directory)))
    except ProcessLookupError:
        return ()  # A directory of /proc whose process has ended.


def has_stages(pid: int, *, caller: int | str, user: str, root: tuple = ("etc", "run"),
               capabilities: int = NET_BIND_SERVICE, own_mounts: bool = True) -> None:
    """`user` is "own", "caller's" or a namespace; `root` is what lies in the root directory."""
    expected = namespace(caller, "user") if user == "caller's" else user
    if user == "own":
        tap.true(namespace(pid, "user") != namespace(caller, "user"), "no user namespace of its own")
    else:
        tap.equal(namespace(pid, "user"), expected, "user namespace")
    for kind in ("mnt", "ipc", "uts"):
        tap.equal(namespace(pid, kind) != namespace(caller, kind), own_mounts, kind)
    tap.equal(listing(f"/proc/{pid}/root"), root, "the root directory")
    has_rights_given_up(pid, capabilities)


def has_rights_given_up(pid: int, capabilities: int = NET_BIND_SERVICE, filters: str = "2") -> None:
    found = status(pid)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        allowed = 0 if kind in ("CapInh", "CapAmb") else capabilities
        tap.equal(int(found[kind], 16) & ~allowed, 0, kind)
    tap.equal((found["NoNewPrivs"], found["Seccomp"]), ("1", filters))
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    by_name = {line[:26].strip(): line[26:].split()[:2] for line in limits}
    tap.equal(by_name["Max core file size"], ["0", "0"])
    tap.equal(by_name["Max locked memory"], ["0", "0"])
    tap.equal(*by_name["Max open files"], "open files: soft and hard limit")
    if not host.is_sanitized():
        tap.equal(by_name["Max data size"], [str(4 << 30)] * 2)


def helper_pid(parent: int) -> int:
    """Of the netns-slirp below `parent` that an engine would have started."""
    def children(of: int) -> list[int]:
        text = pathlib.Path(f"/proc/{of}/task/{of}/children").read_text()
        return [int(word) for word in text.split()]

    def found() -> list[int]:
        return [pid for pid in [parent, *children(parent)] if status(pid)["Name"] == "netns-slirp"]

    waiting.until(found, lambda: f"a helper below {parent}")
    return found()[0]


def user_namespace_of(name: str) -> str:
    """Of the one process of that name."""
    (found,) = [path.parent.name for path in pathlib.Path("/proc").glob("[0-9]*/comm")
                if path.read_text().strip() == name]
    return namespace(found, "user")


class Caller:
    """A user namespace with a mount namespace, whose root starts the helper for a network namespace
    of its own; `prepare` are shell commands before that, in it."""

    def __init__(self, prepare: str = "true", *, before: str = "", options: str = "-c",
                 says: str = "ready"):
        script = (
            "setpriv --pdeathsig=KILL unshare --user --map-root-user --net sleep infinity & target=$!; "
            "until ! [ /proc/$target/ns/net -ef /proc/self/ns/net ]; do sleep 0.01; done; "
            f"{prepare}; mkfifo /tmp/ready; "
            f"{before} {process.NETNS_SLIRP} {options} -r 7 $target tap0 7>/tmp/ready & "
            "cat /tmp/ready >/dev/null; rm /tmp/ready; echo ready; wait")
        self.process = process.Process(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script])
        if says:
            self.process.says(says)

    @property
    def pid(self) -> int:
        return self.process.pid

    def helper(self) -> int:
        return helper_pid(self.pid)


@tap.case("an ordinary user: everything its own")
def _():
    has_stages(Helper(Target(), "-c").ready().process.pid, caller="self", user="own")


@tap.case("a network namespace by its path (RootlessKit, detached): everything its own")
def _():
    target = Target()
    helper = Helper(f"/proc/{target.pid}/ns/net", "-c", "--netns-type=path",
                    f"--userns-path=/proc/{target.pid}/ns/user").ready()
    has_stages(helper.process.pid, caller="self", user="own")


@tap.case("netns-run: everything its own")
def _():
    running = process.start_netns_run("--", "sh", "-c", "echo up; exec sleep 60").says("up")
    has_stages(helper_pid(running.pid), caller="self", user="own")


@tap.case("uid 0 of a user namespace (Podman, Buildah, k3s): everything its own")
def _():
    caller = Caller()
    has_stages(caller.helper(), caller=caller.pid, user="own")


@tap.case("the host's root: its user namespace, for low ports; the rest its own")
def _():
    holder = process.Process(["unshare", "--net", "sh", "-c", "echo made; exec sleep infinity"],
                             user=False).says("made")
    running = process.Process([process.NETNS_SLIRP, "-c", "-p", "81:80", str(holder.pid), "tap0"],
                              user=False, end_with=15)
    waiting.until(lambda: status(running.pid)["Seccomp"] == "2", lambda: f"{running.err}")
    has_stages(running.pid, caller="self", user="caller's")
    tap.equal(int(status(running.pid)["CapEff"], 16), NET_BIND_SERVICE)


@tap.case("max_user_namespaces=0, root of a user namespace: that one; the rest its own")
def _():
    caller = Caller("echo 0 >/proc/sys/user/max_user_namespaces")
    has_stages(caller.helper(), caller=caller.pid, user="caller's")


@tap.case("max_user_namespaces=0, no rights: the guest's user namespace; the rest its own")
def _():
    caller = Caller("echo 0 >/proc/sys/user/max_user_namespaces",
                    before="setpriv --bounding-set=-all --")
    pid = caller.helper()
    target = int(pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[-3])
    has_stages(pid, caller=caller.pid, user=namespace(target, "user"))


@tap.case("id maps that cannot be written: the guest's user namespace; the rest its own")
def _():
    # The user namespace itself can be made, and not be left again.
    caller = Caller("mount -t proc proc /proc 2>/dev/null; mount -o remount,bind,ro /proc",
                    before="setpriv --bounding-set=-all --")
    pid = caller.helper()
    target = int(pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[-3])
    has_stages(pid, caller=caller.pid, user=namespace(target, "user"))


@tap.case("mounting forbidden (AppArmor in a container): an empty root all the same, by chroot")
def _():
    caller = Caller(before=f"{' '.join(FORBID)} mount")
    has_stages(caller.helper(), caller=caller.pid, user="own", root=())


@tap.case("netns-run whose helper may make no user namespace: the guest's, by way of the TAP")
def _():
    wrapper = host.folder_for_files("wrapper") / "netns-slirp"
    wrapper.write_text("#!/bin/sh\necho 0 >/proc/sys/user/max_user_namespaces\n"
                       f'exec setpriv --bounding-set=-all -- {process.NETNS_SLIRP} "$@"\n')
    wrapper.chmod(0o755)
    running = process.Process(
        ["unshare", "--user", "--map-root-user", "--mount", process.NETNS_RUN, "--share-pid", "--",
         "sh", "-c", "echo up; exec sleep 60"], env={"NETNS_SLIRP": str(wrapper)}).says("up")
    pid = helper_pid(running.pid)
    has_stages(pid, caller=running.pid, user=user_namespace_of("sleep"))


def refusal(forbidden: str) -> str:
    caller = Caller(before=f"{' '.join(FORBID)} {forbidden}", says="ready")
    return caller.process.err


@tap.case("no namespaces and no chroot: refused, with the reasons and what mends it")
def _():
    for forbidden in ("unshare", "unshare,chroot"):
        tap.contains(refusal(forbidden), "lock-down, stage own namespaces: ",
                     "in a user namespace of its own: make a user namespace: Operation not perm",
                     "in the guest's user namespace: ", "--no-sandbox")


@tap.case("no system call filter: refused, with the reason and what mends it")
def _():
    tap.contains(refusal("seccomp"), "lock-down, stage system calls: ", "--no-sandbox")


def warnings(text: str) -> list[str]:
    return [line for line in text.splitlines() if "--no-sandbox" in line]


@tap.case("--no-sandbox: goes on without what is forbidden, with all the rest, and one warning")
def _():
    caller = Caller(before=f"{' '.join(FORBID)} unshare,chroot", options="-c --no-sandbox")
    pid = caller.helper()
    has_stages(pid, caller=caller.pid, user="caller's", own_mounts=False,
               root=listing(f"/proc/{caller.pid}/root"))
    (warning,) = warnings(caller.process.err)
    tap.contains(warning, "going on without own namespaces (", ", without empty root (")


@tap.case("--no-sandbox without namespaces, with CAP_SYS_CHROOT: an empty root, nothing is mounted")
def _():
    caller = Caller(before=f"{' '.join(FORBID)} unshare", options="-c --no-sandbox")
    before = pathlib.Path(f"/proc/{caller.pid}/mountinfo").read_text()
    tap.true("size=16k" not in before, f"the caller's mounts: {before}")
    has_stages(caller.helper(), caller=caller.pid, user="caller's", own_mounts=False, root=())
    (warning,) = warnings(caller.process.err)
    tap.true("empty root" not in warning, warning)


@tap.case("--no-sandbox where filters are forbidden: both processes run, with one warning")
def _():
    caller = Caller(before=f"{' '.join(FORBID)} seccomp", options="-c --no-sandbox")
    pid = caller.helper()
    (warning,) = warnings(caller.process.err)
    tap.contains(warning, "going on without system calls (")
    tap.equal(listing(f"/proc/{pid}/root"), ("etc", "run"))


@tap.case("--no-sandbox gives nothing up where nothing is forbidden, and says so once")
def _():
    helper = Helper(Target(), "-c", "--no-sandbox").ready()
    has_stages(helper.process.pid, caller="self", user="own")
    (warning,) = warnings(helper.process.err)
    tap.contains(warning, "this host forbids no stage")


@tap.case("netns-run --no-sandbox: passed on, one warning, all stages that there are")
def _():
    running = process.start_netns_run("--no-sandbox", "--", "sh", "-c", "echo up; exec sleep 60")
    running.says("up")
    tap.equal(len(warnings(running.err)), 1, running.err)
    has_stages(helper_pid(running.pid), caller="self", user="own")


@tap.case("--enable-sandbox and --enable-seccomp, or neither: the same stages")
def _():
    for options in ((), ("--enable-sandbox",), ("--enable-sandbox", "--enable-seccomp")):
        has_stages(Helper(Target(), "-c", *options).ready().process.pid, caller="self", user="own")


tap.main()
