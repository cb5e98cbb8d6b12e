# SPDX-License-Identifier: Apache-2.0
"""A host of its own for each test file.

Importing this module moves the test into new mount, PID, network, UTS and IPC namespaces (by
running it again under unshare(1)): fixed ports cannot clash, /etc, /run and /tmp are private copies
that a test may change, and whatever is left over ends with the file and harms nobody. As root these
are real namespaces and programs run as a user made up for the test; as an ordinary user they hang
below one more user namespace, whose root plays the host's.

After every case nothing that the case started may be left: see check_nothing_is_left.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence

import support
from support import tap, waiting

USER_ID = 47001
EXTRA_GROUP_ID = 47002
USER_NAME = "tester"

BASE = pathlib.Path("/run/host")
# Where everybody may enter, wherever the checkout lies (below /root, say).
SOURCE = BASE / "source"
BUILD = BASE / "build"
SCRATCH = BASE / "scratch"
HOME = pathlib.Path("/tmp/home")

_MARK = "NSRUN_TEST_HOST"  # "root" or "user": who made the namespaces

# Processes (support.process.Process) to be ended after the case, and those that stay.
of_this_case: list = []
lasting: list = []


def is_sanitized() -> bool:
    """Sanitizer builds are slow: tests move less data then."""
    return os.environ.get("NSRUN_SANITIZED") == "1"


def is_really_root() -> bool:
    return os.environ[_MARK] == "root"


def as_user() -> Sequence[str]:
    """What to write before a command so that the unprivileged user runs it. No process more: the
    command has the PID that was started."""
    if is_really_root():
        return ("setpriv", f"--reuid={USER_ID}", f"--regid={USER_ID}",
                f"--groups={USER_ID},{EXTRA_GROUP_ID}", "--")
    return ("nsenter", f"--user=/proc/{lasting[0].pid}/ns/user", "--preserve-credentials", "--")


def environment(user: bool) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TERM")
                 if name in os.environ}
    return passed_on | {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(HOME) if user else "/root",
        "USER": USER_NAME if user else "root",
        "XDG_RUNTIME_DIR": f"/run/user/{USER_ID}",
    }


def root(*command: str) -> str:
    """A command of the host's root that has to succeed."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{command}: {result.stderr or result.stdout}")
    return result.stdout


def write(path: str | pathlib.Path, text: str) -> None:
    pathlib.Path(path).write_text(text)


def set_sysctl(name: str, value: str) -> None:
    write("/proc/sys/" + name.replace(".", "/"), value)


def folder_for_files(name: str) -> pathlib.Path:
    """An empty folder that the user may write to, and that counts as the test's own."""
    folder = BASE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    return folder


def _skip_file(reason: str) -> None:
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def _enter_namespaces() -> None:
    """Runs this program again inside; does not return."""
    who, flags = ("root", []) if os.geteuid() == 0 else ("user", ["--user", "--map-root-user"])
    command = ["unshare", *flags, "--mount", "--pid", "--net", "--uts", "--ipc", "--fork",
               "--kill-child", "--mount-proc"]
    probe = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        _skip_file(f"no namespaces here: {probe.stderr.strip()}")
    os.environ[_MARK] = who
    os.execvp(command[0], [*command, sys.executable, "-B", *sys.argv])


def _become_init() -> None:
    """The caller goes on in a child; process 1 collects whatever loses its parent."""
    child = os.fork()
    if child == 0:
        return
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _make_private_folders() -> None:
    root("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for folder in (SOURCE, BUILD, SCRATCH, BASE / "etc"):
        folder.mkdir(parents=True)
    root("mount", "--bind", os.environ["SOURCE_ROOT"], str(SOURCE))
    root("mount", "--bind", os.environ["BUILD_ROOT"], str(BUILD))
    # The clone may lie below /tmp or /root, which are covered or closed from here on.
    support.__path__[:] = [str(SOURCE / "tests/support")]
    # Some files of /etc are for root only: whoever is not, goes without.
    subprocess.run(["cp", "-a", "/etc/.", str(BASE / "etc")], capture_output=True, check=False)
    (BASE / "etc").chmod(0o755)
    root("mount", "--bind", str(BASE / "etc"), "/etc")
    root("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/tmp")
    # A name server that the test does not run must never be asked.
    resolv_conf = pathlib.Path("/etc/resolv.conf")
    resolv_conf.unlink(missing_ok=True)
    resolv_conf.write_text("nameserver 127.0.0.1\n")
    write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    write("/etc/hostname", "testhost\n")
    socket.sethostname("testhost")


def _make_user() -> None:
    with open("/etc/passwd", "a") as file:
        file.write(f"{USER_NAME}:x:{USER_ID}:{USER_ID}::{HOME}:/bin/bash\n")
    with open("/etc/group", "a") as file:
        file.write(f"{USER_NAME}:x:{USER_ID}:\nextra:x:{EXTRA_GROUP_ID}:{USER_NAME}\n")
    if not is_really_root():
        # One user namespace, in which the root of this host is the user, for all that the user
        # runs: processes of two could not see each other.
        lasting.append(subprocess.Popen(
            ["unshare", "--user", f"--map-user={USER_ID}", f"--map-group={USER_ID}", "sleep",
             "infinity"], stdin=subprocess.DEVNULL))
        waiting.until(lambda: os.readlink(f"/proc/{lasting[0].pid}/ns/user")
                      != os.readlink("/proc/self/ns/user"), "the user's namespace")
    runtime = pathlib.Path(f"/run/user/{USER_ID}")
    for folder in (HOME, runtime):
        folder.mkdir(parents=True, mode=0o700)
        if is_really_root():
            os.chown(folder, USER_ID, USER_ID)


def _make_tun_usable() -> None:
    """A device node of the test's own, with the mode that udev gives; the host's is untouched."""
    device = pathlib.Path("/dev/net/tun")
    if not device.exists():
        _skip_file("there is no /dev/net/tun here")
    if is_really_root():
        own = BASE / "tun"
        try:
            os.mknod(own, 0o20666, os.makedev(10, 200))
            own.chmod(0o666)
            root("mount", "--bind", str(own), str(device))
        except OSError as error:
            _skip_file(f"cannot make a device node: {error}")
    elif not os.access(device, os.R_OK | os.W_OK):
        _skip_file("/dev/net/tun is closed to this user (chmod 0666 /dev/net/tun by root)")


def _set_up_network() -> None:
    root("ip", "link", "set", "lo", "up")
    # systemd's default. Only what is mapped can be written: below a user namespace, the own group.
    set_sysctl("net.ipv4.ping_group_range", "0 2147483647" if is_really_root() else "0 0")


class Remote:
    """Another machine: a network namespace at the far end of a veth pair. 192.0.2.0/24 and
    2001:db8::/64 are for documentation (RFC 5737, RFC 3849): nobody is disturbed."""

    host_v4, v4 = "192.0.2.1", "192.0.2.2"
    host_v6, v6 = "2001:db8::1", "2001:db8::2"

    def __init__(self) -> None:
        from support import process  # It imports this module.

        holder = process.Process(["unshare", "--net", "sh", "-c", "echo made; exec sleep infinity"],
                                 user=False, lasting=True).says("made")
        self.pid = holder.pid
        root("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "uplink", "netns",
             str(self.pid))
        self._configure([], self.host_v4, self.host_v6)
        self._configure(["nsenter", f"--net=/proc/{self.pid}/ns/net"], self.v4, self.v6)

    @staticmethod
    def _configure(prefix: list[str], v4: str, v6: str) -> None:
        root(*prefix, "ip", "link", "set", "lo", "up")
        root(*prefix, "ip", "address", "add", f"{v4}/24", "dev", "uplink")
        root(*prefix, "ip", "address", "add", f"{v6}/64", "dev", "uplink", "nodad")
        root(*prefix, "ip", "link", "set", "uplink", "up")

    def restore_host_v6(self) -> None:
        """After disable_ipv6 was set and taken back: the kernel drops the addresses."""
        root("ip", "address", "replace", "::1/128", "dev", "lo")
        root("ip", "address", "replace", f"{self.host_v6}/64", "dev", "uplink", "nodad")

    def run(self, *command: str) -> str:
        return root("nsenter", f"--net=/proc/{self.pid}/ns/net", *command)


# Regular expressions for what an engine that all cases share keeps for a while, each with its reason.
kept_by_others: list[str] = []
# What was there before the case, as text.
_baseline: set[str] = set()


def _processes() -> set[str]:
    """Living processes of this PID namespace but the test's own two and the lasting ones."""
    ours = {1, os.getpid(), *(process.pid for process in lasting)}
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in ours:
            continue
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX":
            found.add(f"process {entry.name}: {command}")
    return found


def _sockets() -> set[str]:
    listed = root("ss", "--all", "--no-header", "--tcp", "--udp", "--raw", "--numeric")
    found = {f"socket {' '.join(line.split()[:5])}" for line in listed.splitlines()
             if "TIME-WAIT" not in line}
    unix = pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]
    return found | {f"unix socket {line.split()[7]}" for line in unix if len(line.split()) > 7}


def _mounts() -> set[str]:
    return {"mount " + " ".join(line.split()[2:5])
            for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()}


def _files() -> set[str]:
    found = set()
    for top in ("/tmp", "/run", "/dev/shm"):
        for folder, folders, names in os.walk(top):
            if folder == "/run":
                folders[:] = [f for f in folders if f != "host"]
            folders[:] = [f for f in folders if os.path.join(folder, f) != str(HOME)]
            found |= {"file " + os.path.join(folder, name) for name in [*folders, *names]}
    return found


def state() -> set[str]:
    """All that could be left over, as text."""
    found = _processes() | _sockets() | _mounts() | _files()
    return {line for line in found if not any(re.search(kept, line) for kept in kept_by_others)}


def check_nothing_is_left() -> None:
    """Ends what the case started, netns-run by SIGKILL where it still runs, and waits until the
    host is as before: no process, socket, mount or file more."""
    while of_this_case:
        of_this_case.pop().end()

    def more() -> set[str]:
        return state() - _baseline

    try:
        waiting.until(lambda: not more(), lambda: "left over: " + "; ".join(sorted(more())), 10)
    finally:
        for line in _processes() - _baseline:
            # The cases that follow shall not suffer. All of this namespace is ours.
            os.kill(int(line.split()[1].rstrip(":")), 9)


def _remember_state() -> None:
    global _baseline
    _baseline = state()


if _MARK not in os.environ:
    _enter_namespaces()
_become_init()
_make_private_folders()
_make_user()
_make_tun_usable()
_set_up_network()
tap.before_each(_remember_state)
tap.after_each(check_nothing_is_left)
assert shutil.which("ss"), "iproute2 is not installed"
