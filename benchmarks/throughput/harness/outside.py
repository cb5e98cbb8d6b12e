# SPDX-License-Identifier: Apache-2.0
"""What is done to the machine, and undone; the run itself happens in namespaces made here.

The process namespace makes sure that nothing is left: when its first process ends, for whatever
reason, the kernel ends all others.
"""
import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

ALLOWED = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
TUN = Path("/dev/net/tun")


def main(arguments: list[str]) -> int:
    is_root = os.geteuid() == 0
    signal.signal(signal.SIGTERM, _end)
    with contextlib.ExitStack() as undo:
        scratch = undo.enter_context(tempfile.TemporaryDirectory(prefix="netns-bench-"))
        if is_root:
            undo.enter_context(_congestion_control_allowed("cubic"))
            _open_tun_device()
        return _run_in_own_namespaces(is_root, [arguments[0], "--inside", scratch, *arguments[1:]])


def _run_in_own_namespaces(is_root: bool, arguments: list[str]) -> int:
    own = ["--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]
    if not is_root:
        own.append("--map-root-user")
    # With --kill-child the end of unshare ends the namespace's first process.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", *own, "--", sys.executable, *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as child:
        try:
            return child.wait()
        except (KeyboardInterrupt, SystemExit):
            child.kill()
            raise


def _end(signal_number, _frame):
    sys.exit(128 + signal_number)


@contextlib.contextmanager
def _congestion_control_allowed(name: str):
    """Allowed to ordinary users, that is in the guests; the default of the machine stays."""
    before = ALLOWED.read_text(encoding="ascii")
    try:
        if name not in before.split():
            _allow(f"{before.strip()} {name}\n")
        yield
    finally:
        _allow(before)


def _allow(names: str):
    try:
        ALLOWED.write_text(names, encoding="ascii")
    except OSError as error:
        print(f"cannot write {names.strip()} to {ALLOWED}: {error.strerror}", file=sys.stderr)


def _open_tun_device():
    if stat.S_IMODE(TUN.stat().st_mode) & 0o006 != 0o006:
        print(f"{TUN} is for root only here: chmod 0666 {TUN}", file=sys.stderr)
        TUN.chmod(0o666)
