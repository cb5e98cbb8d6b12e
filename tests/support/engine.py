# SPDX-License-Identifier: Apache-2.0
"""Container engines of the distribution, on a host of their own (host.py).

They need more than other tests: a user with ranges of subordinate ids, a set-uid newuidmap that
really has root, an image that comes from no registry. And a look at /proc/PID/exe: no test may pass
because the distribution's own slirp4netns did the work.

    engine.need({"rootlesskit": "rootlesskit", "newuidmap": "uidmap"})  # program: its package
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

from support import host, process, tap

# What `image` is made of.
IMAGE_PACKAGES = {"busybox": "busybox-static", "nginx": "nginx", "iperf3": "iperf3"}
WEB_PAGE = "a page from the container\n"
PEER_IN_CONTAINER = ("python3", "-u", "/peer.py")

_FIRST_SUBORDINATE_ID, _SUBORDINATE_IDS = 1_000_000, 65_536
_PATH = host.environment(user=True)["PATH"]
_NGINX_CONFIGURATION = """
daemon off;
error_log /dev/stderr;
events {}
http {
  access_log /dev/stdout;
  server { listen 80; listen [::]:80; root /srv; }
}
"""


def need(packages: dict[str, str]) -> None:
    """Ends the file where one of the programs is not installed. In continuous integration that is
    a failure: nobody would miss what is skipped there for ever."""
    missing = sorted({package for program, package in packages.items()
                      if not shutil.which(program, path=_PATH)})
    if missing and os.environ.get("CI") == "true":
        print("1..1\nnot ok 1 - the engine and what it needs are installed\n"
              f"# missing packages: {' '.join(missing)}")
    elif missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
    elif not host.is_really_root():
        print("1..0 # SKIP newuidmap serves the users of a real root only: run this as root")
    else:
        _add_subordinate_ids()
        return
    sys.exit(0)


def _add_subordinate_ids() -> None:
    """In the private /etc of the test's host."""
    for file in ("/etc/subuid", "/etc/subgid"):
        host.write(file, f"{host.USER_NAME}:{_FIRST_SUBORDINATE_ID}:{_SUBORDINATE_IDS}\n")


def _program(name: str) -> str:
    return os.path.realpath(shutil.which(name, path=_PATH) or "")


def _libraries(program: str) -> set[str]:
    """Paths of the libraries and the loader, as ldd finds them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return {word for word in listed.split() if word.startswith("/")}


def image() -> pathlib.Path:
    """A tar archive to be imported: busybox, nginx with WEB_PAGE, iperf3, Python and peer.py."""
    root = host.BASE / "image"
    for folder in ("bin", "dev", "proc", "run", "srv", "sys", "tmp", "var/log/nginx",
                   "var/lib/nginx", "etc/nginx"):
        (root / folder).mkdir(parents=True)
    busybox = _program("busybox")
    for name in host.root(busybox, "--list").split():
        (root / "bin" / name).symlink_to("busybox")
    (root / "bin/busybox").unlink()
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    (root / "etc/nginx/nginx.conf").write_text(_NGINX_CONFIGURATION)
    (root / "srv/index.html").write_text(WEB_PAGE)
    python_library = f"usr/lib/python3.{sys.version_info.minor}"
    shutil.copytree("/" + python_library, root / python_library,
                    ignore=shutil.ignore_patterns("config-*", "__pycache__", "test"))
    programs = [_program(name) for name in ("nginx", "iperf3", "python3")]
    copies = {path: path for program in [*programs, *root.glob(python_library + "/**/_hashlib*")]
              for path in _libraries(str(program))}
    copies |= dict(zip(("/usr/bin/nginx", "/usr/bin/iperf3", "/usr/bin/python3"), programs))
    copies |= {"/bin/busybox": busybox, "/peer.py": str(host.SOURCE / "tests/support/peer.py")}
    for name, source in copies.items():
        target = root / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    archive = host.BASE / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname=".")
    shutil.rmtree(root)
    return archive


def _parent_if_ours(pid: int) -> int | None:
    try:
        if os.path.samefile(f"/proc/{pid}/exe", process.NETNS_SLIRP):
            return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        pass  # It has ended, or it is a thread of the kernel.
    return None


def command_line(pid: int) -> list[str]:
    return pathlib.Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")


def helpers() -> list[int]:
    """The processes that run our netns-slirp, as the kernel has it, each as an engine started it:
    without those that it started itself."""
    everything = [int(entry.name) for entry in pathlib.Path("/proc").iterdir()
                  if entry.name.isdigit()]
    parents = {pid: _parent_if_ours(pid) for pid in everything}
    ours = {pid: parent for pid, parent in parents.items() if parent is not None}
    return [pid for pid in sorted(ours) if ours[pid] not in ours]


def the_helper() -> int:
    """The one helper of the one engine that runs; the case fails when it is somebody else's."""
    found = helpers()
    others = host.root("ps", "-eo", "comm,args")
    tap.equal(len(found), 1, f"processes that run {process.NETNS_SLIRP}; all processes:\n{others}")
    return found[0]
