#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Between the command and our processes nothing is shared, and nobody gets hold of the other."""

import os
import pathlib
import subprocess

from support import host, process, tap

PROBE_ATTACH = (*process.PYTHON, str(host.SOURCE / "tests/support/probe_attach.py"))


def descendants(pid: int) -> list[int]:
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in descendants(int(child)))]


def attempts_on(pids: list[int], guest: process.Process) -> str:
    guest.stdin.write((" ".join(map(str, pids)) + "\n").encode())
    guest.stdin.flush()
    return guest.says("tried").out.partition("up\n")[2]


WAIT_FOR_IDS = f"echo up; read ids; {' '.join(PROBE_ATTACH)} $ids"
WITH_RIGHTS = (["--map-root"], ["--map-root", "--cap-drop=ALL"], [], ["--no-new-privs=false"])

for options in WITH_RIGHTS:
    @tap.case(f"the command gets hold of no process of netns-run's that it sees {options}")
    def _(options=options):
        guest = process.start_netns_run(*options, "--share-pid", "--", "sh", "-c", WAIT_FOR_IDS,
                                        stdin=subprocess.PIPE).says("up")
        names = {pid: pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                 for pid in descendants(guest.pid)}
        ours = [pid for pid, name in names.items() if name != "sh"]
        # netns-run, init, the helper and what the helper forks.
        tap.true(len(ours) >= 5 and {"netns-slirp", "netns-inside"} <= set(names.values()),
                 f"found {names}")
        tap.equal(attempts_on(ours, guest), "tried\n", str(names))

    @tap.case(f"the command gets no hold of its init {options}")
    def _(options=options):
        tap.equal(process.in_guest(*PROBE_ATTACH, "1", options=options), "tried\n")


@tap.case("(these attempts do succeed on a process of the command's own)")
def _():
    script = f"sleep 60 & {' '.join(PROBE_ATTACH)} $!; kill $!"
    shown = process.guest_shell(script, options=["--map-root"])
    for way in ("attach", "seize", "read mem", "list fd", "pidfd_getfd", "process_vm_readv",
                "process_vm_writev", "kcmp", "network", "follow exe", "read environ"):
        tap.contains(shown, f" {way}\n")


@tap.case("the command has the descriptors that it was given, and no other")
def _():
    with open(host.SCRATCH / "given", "w+") as file:
        for options in ([], ["--map-root"], ["--share-pid"], ["-p", "8080"], ["-p", "auto"],
                        ["-p", "unix:/tmp/web.sock:80"], ["-L", "9090"], ["-L", "unix:/tmp/none.sock:90"],
                        ["--api-socket", "/tmp/api.sock"], ["--tcp-engine=libslirp"]):
            shown = process.in_guest(
                *process.PYTHON, "-c",
                "import os\n"
                "held = [int(n) for n in os.listdir('/proc/self/fd')]\n"
                "for n in sorted(held):\n"
                "    try: print(n, os.fstat(n).st_ino)\n"
                "    except OSError: pass  # of the listing itself\n",
                options=options, pass_fds=[file.fileno()])
            found = dict(map(int, line.split()) for line in shown.splitlines())
            tap.equal(sorted(found), [0, 1, 2, file.fileno()], str(options))
            tap.equal(found[file.fileno()], os.fstat(file.fileno()).st_ino)
    os.unlink(host.SCRATCH / "given")


tap.main()
