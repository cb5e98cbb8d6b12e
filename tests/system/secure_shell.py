#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""OpenSSH and what runs over it (scp, rsync, git, a terminal): from the guest to another machine,
and from another machine to an sshd in the guest."""

import grp
import hashlib
import os
import pathlib
import shlex
import shutil
import signal
from dataclasses import dataclass

from support import host, process, tap, terminal

remote = host.Remote()
LARGE_BYTES = 10_000_000 if host.is_sanitized() else 150_000_000
SECONDS = 120
PORT = 2222

folder = host.folder_for_files("ssh")
tree = folder / "tree"
# Whoever may write to an sshd's files is trusted, so it does not look (StrictModes).
SERVER_CONFIGURATION = f"""
Port {PORT}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PrintMotd no
PrintLastLog no
Subsystem sftp internal-sftp
"""
SSHD = ("/usr/sbin/sshd", "-D", "-e", "-f", f"{folder}/sshd_config")


def let_users_have_terminals() -> None:
    """An sshd that is not root's cannot give a terminal to the group tty. Where devpts(5) does not
    (its option gid=), this host goes without the group, and sshd takes the user's."""
    ends = os.openpty()
    if os.fstat(ends[1]).st_gid != grp.getgrnam("tty").gr_gid:
        lines = pathlib.Path("/etc/group").read_text().splitlines(keepends=True)
        host.write("/etc/group", "".join(line for line in lines if not line.startswith("tty:")))
    for end in ends:
        os.close(end)


def prepare() -> None:
    for program, package in (("/usr/sbin/sshd", "openssh-server"), ("rsync", "rsync"),
                             ("ssh", "openssh-client"), ("git", "git")):
        if not shutil.which(program):
            raise RuntimeError(f"{program} is not installed (Debian: {package})")
    for name in ("host_key", "user_key"):
        process.succeeds(process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                                      f"{folder}/{name}"]))
    key = (folder / "host_key.pub").read_text().split()[:2]
    host.write(folder / "known_hosts", "".join(
        f"[{address}]:{PORT} {' '.join(key)}\n"
        for address in (remote.v4, remote.v6, remote.host_v4)))
    host.write(folder / "sshd_config", SERVER_CONFIGURATION)
    let_users_have_terminals()
    host.root("openssl", "rand", "-out", f"{folder}/large", str(LARGE_BYTES))
    for number in range(100):
        below = tree / f"folder{number % 7}"
        below.mkdir(parents=True, exist_ok=True)
        host.root("openssl", "rand", "-out", f"{below}/file{number}", str(number * 1000 + 1))


def digest(path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def difference(one, other) -> str:
    return process.run(["diff", "--recursive", "--brief", str(one), str(other)]).out


@dataclass
class Outside:
    """The server is another machine, the client runs in a guest."""

    address: str
    claim: str

    def serves(self) -> None:
        # The sessions' processes would outlive a SIGKILL.
        process.Process(SSHD, inside=remote.pid, end_with=signal.SIGTERM).says("listening")

    def client(self, *command: str) -> str:
        return process.in_guest(*command, seconds=SECONDS)


@dataclass
class Published:
    """The server runs in a guest, the client is another machine."""

    address: str
    claim: str

    def serves(self) -> None:
        process.start_netns_run("-p", f"{PORT}", "--", *SSHD).says("listening")

    def client(self, *command: str) -> str:
        return process.succeeds(process.run(command, inside=remote.pid, seconds=SECONDS))


PLACES = [Outside(remote.v4, "to another machine, IPv4"),
          Outside(remote.v6, "to another machine, IPv6"),
          Published(remote.host_v4, "to a published guest")]
SSH = ("ssh", "-F", "none", "-p", str(PORT), "-i", f"{folder}/user_key", "-o", "BatchMode=yes",
       "-o", f"UserKnownHostsFile={folder}/known_hosts", "-o", "StrictHostKeyChecking=yes")


def add_cases(place) -> None:
    @tap.case(f"ssh {place.claim}: much data both ways at once", seconds=SECONDS)
    def _():
        place.serves()
        shown = place.client("sh", "-c", shlex.join((*SSH, place.address, "cat"))
                             + f" <{folder}/large | sha256sum")
        tap.equal(shown.split()[0], digest(folder / "large"))

    @tap.case(f"ssh {place.claim}: exit status, standard error, end of input")
    def _():
        place.serves()
        command = shlex.join((*SSH, place.address, "sha256sum; echo to-stderr >&2; exit 42"))
        shown = place.client("sh", "-c", f"printf 123 | {command} 2>&1; echo status $?")
        tap.contains(shown, hashlib.sha256(b"123").hexdigest(), "to-stderr", "status 42")

    @tap.case(f"scp {place.claim}: up and down", seconds=SECONDS)
    def _():
        place.serves()
        into = host.folder_for_files("copies")
        scp = ("scp", "-q", "-P", str(PORT), *(word for word in SSH[1:] if word not in
                                               ("-p", str(PORT))))
        there = f"[{place.address}]:{into}/up"
        place.client(*scp, f"{folder}/large", there)
        tap.equal(digest(into / "up"), digest(folder / "large"), "up")
        place.client(*scp, there, f"{into}/down")
        tap.equal(digest(into / "down"), digest(folder / "large"), "down")

    @tap.case(f"rsync {place.claim}: a tree, then what changed", seconds=SECONDS)
    def _():
        place.serves()
        into = host.folder_for_files("copies")
        rsync = ("rsync", "--archive", "--delete", "--checksum", "-e", shlex.join(SSH),
                 f"{tree}/", f"[{place.address}]:{into}/tree/")
        place.client(*rsync)
        tap.equal(difference(tree, into / "tree"), "")
        changed = into / "tree/folder3/file94"
        changed.write_bytes(changed.read_bytes()[:50_000] + b"changed" * 1000)
        (into / "tree/more").write_text("to be deleted\n")
        place.client(*rsync)
        tap.equal(difference(tree, into / "tree"), "")

    @tap.case(f"git over ssh {place.claim}: clone and push", seconds=SECONDS)
    def _():
        place.serves()
        work = host.folder_for_files("git")
        process.succeeds(process.run(["sh", "-ec", f"""
            cd {work}; git init -q --bare there; git init -q start; cd start
            cp -r {tree}/. .; git add .
            git -c user.name=t -c user.email=t@example.test commit -qm first
            git push -q {work}/there HEAD:refs/heads/main
            git -C {work}/there symbolic-ref HEAD refs/heads/main"""]))
        address = f"[{place.address}]" if ":" in place.address else place.address
        place.client("sh", "-ec", f"""
            export GIT_SSH_COMMAND={shlex.quote(shlex.join(SSH))}
            cd {work}; git clone -q ssh://{address}:{PORT}{work}/there here; cd here
            git fsck --strict; echo more >more; git add more
            git -c user.name=t -c user.email=t@example.test commit -qm second
            git push -q origin HEAD""")
        shown = process.succeeds(process.run(["git", "-C", str(work / "there"), "show",
                                              "main:more"]))
        tap.equal(shown, "more\n")
        tap.equal(difference(tree, work / "here").count("Only in"), 2, ".git and more")

    if isinstance(place, Outside):
        @tap.case(f"an interactive shell over ssh {place.claim}")
        def _():
            place.serves()
            term = terminal.Terminal((process.NETNS_RUN, "--", *SSH, "-tt", place.address))
            term.types("PS1='ready''> '\n").shows("ready> ")
            term.types("stty size\n").shows("24 80").shows("ready> ")
            term.resize(50, 132)
            # The new size travels behind the keys that were typed before it.
            term.types("until stty size | grep '50 [1]32'; do sleep 0.1; done\n").shows("50 132")
            term.shows("ready> ").types("cat -n\n").types("typed\n").shows("1\ttyped")
            term.types(terminal.CTRL_C).shows("ready> ").types("exit 7\n")
            tap.equal(term.ends(), 7)


prepare()
for each in PLACES:
    add_cases(each)
tap.main()
