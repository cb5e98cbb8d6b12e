# SPDX-License-Identifier: Apache-2.0
"""The ordinary user for whom everything runs when the benchmark was started as root."""
import os
import pwd
import subprocess
from dataclasses import dataclass

NEW_USER = "netns-demo"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


def pick() -> Account | None:
    """None: no change of user, the run belongs to its caller already."""
    if not _is_real_root():
        return None
    entry = _behind_sudo() or _first_ordinary() or _created()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _is_real_root() -> bool:
    """Uid 0 in a user namespace of our own making is the ordinary caller."""
    with open("/proc/self/uid_map", encoding="ascii") as uid_map:
        _, outside_uid, _ = uid_map.readline().split()
    return os.geteuid() == 0 and outside_uid == "0"


def _behind_sudo() -> pwd.struct_passwd | None:
    name = os.environ.get("SUDO_USER", "root")
    return None if name == "root" else pwd.getpwnam(name)


def _first_ordinary() -> pwd.struct_passwd | None:
    return next((entry for entry in pwd.getpwall() if 1000 <= entry.pw_uid < 60000), None)


def _created() -> pwd.struct_passwd:
    subprocess.run(["useradd", "--create-home", NEW_USER], check=True)
    return pwd.getpwnam(NEW_USER)
