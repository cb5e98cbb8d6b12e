#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""User Mode Linux of the distribution, booted as a user from an initrd of busybox, whose only
interface is a bess socket of netns-slirp --target-type=bess."""

import gzip
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess

from support import api, engine, host, process, tap, waiting

engine.need({"linux.uml": "user-mode-linux", "busybox": "busybox-static"})
remote = host.Remote()
SOCKET, API = "/tmp/bess.sock", "/tmp/api.sock"
BOOT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
ip link set lo up
ip link set vec0 up
"""
CONFIGURED = """
ip address add 10.0.2.100/24 dev vec0
ip route add default via 10.0.2.2
"""
END = "\npoweroff -f\n"


def initrd(script: str) -> pathlib.Path:
    root = host.BASE / "initrd"
    for folder in ("bin", "dev", "proc", "tmp"):
        (root / folder).mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), root / "bin")
    (root / "init").write_text(BOOT + script)
    (root / "init").chmod(0o755)
    packed = host.BASE / "initrd.gz"
    names = "\n".join([".", *(str(path.relative_to(root)) for path in root.rglob("*"))])
    archive = subprocess.run(
        [root / "bin/busybox", "cpio", "-o", "-H", "newc"], input=names.encode(), cwd=root,
        capture_output=True, check=True).stdout
    packed.write_bytes(gzip.compress(archive))
    shutil.rmtree(root)
    return packed


def boot(script: str, *options: str) -> tuple[process.Process, process.Process]:
    """The helper, and the machine that runs the script."""
    helper = process.Process([process.NETNS_SLIRP, "--target-type=bess", *options, SOCKET],
                             end_with=signal.SIGTERM)
    waiting.until(lambda: os.path.exists(SOCKET), lambda: f"the socket; {helper.err}")
    machine = process.Process(
        ["linux.uml", "mem=64M", f"initrd={initrd(script)}", "rdinit=/init", "quiet", "con=null",
         "con0=null,fd:1", f"uml_dir={host.HOME}/uml", "umid=machine",
         f"vec0:transport=bess,dst={SOCKET}"], end_with=signal.SIGTERM)
    return helper, machine


@tap.case("the machine is online: TCP, ping, its name server")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    name_server = str(host.SOURCE / "tests/support/dns_server.py")
    process.Process([*process.PYTHON, name_server, "127.0.0.1"], user=False).says("listening")
    _, machine = boot(CONFIGURED + f"""
ping -c1 -W5 10.0.2.2
ping -c1 -W5 {remote.v4}
echo there and back | nc -w 5 {remote.v4} 7000
nslookup -type=a www.example.test 10.0.2.3
""" + END)
    said = machine.wait(60).out
    tap.contains(said, "from 10.0.2.2: seq=0", f"from {remote.v4}: seq=0", "there and back",
                 f"Address: {remote.v4}")


@tap.case("it gets its address by DHCP: the network's 15th, with gateway and name server")
def _():
    _, machine = boot("""
printf '#!/bin/sh\\nenv\\n' >/report; chmod 755 /report
udhcpc -i vec0 -n -q -s /report
""" + END)
    tap.contains(machine.wait(60).out, "ip=10.0.2.15", "router=10.0.2.2", "dns=10.0.2.3",
                 "subnet=255.255.255.0")


@tap.case("8 MiB to the machine arrive as they were sent")
def _():
    data = os.urandom(8 << 20)
    (host.folder_for_files("served") / "data").write_bytes(data)
    process.Process([*process.PYTHON, "-m", "http.server", "--bind", remote.v4, "8000"],
                    user=False, inside=remote.pid, cwd=host.BASE / "served").says("Serving")
    _, machine = boot(CONFIGURED + f"wget -q -O - http://{remote.v4}:8000/data | sha256sum" + END)
    tap.contains(machine.wait(60).out, hashlib.sha256(data).hexdigest())


@tap.case("a port that is published over the API leads to the machine's web server")
def _():
    _, machine = boot(CONFIGURED + """
echo a page from the machine >/tmp/index.html
httpd -h /tmp
echo serving
sleep 1000000
""", "-a", API)
    machine.says("serving", 60)
    answer = api.ask(API, {"execute": "add_hostfwd", "arguments": {
        "proto": "tcp", "host_addr": "127.0.0.1", "host_port": 8080, "guest_port": 80}})
    tap.equal(answer, {"return": {"id": 1}})
    got = process.run(["curl", "-sS", "--max-time", "20", "http://127.0.0.1:8080/"])
    tap.equal(process.succeeds(got), "a page from the machine\n")


@tap.case("the helper ends when the machine does, and the socket is gone")
def _():
    helper, machine = boot(END)
    machine.wait(60)
    helper.wait(10)
    waiting.until(lambda: not os.path.exists(SOCKET), "the socket's end")


tap.main()
