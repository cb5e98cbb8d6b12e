# SPDX-License-Identifier: Apache-2.0
"""The control sockets of running instances of netns-run, and netns-ctl."""

import json
import pathlib
import socket

from support import host, process

NETNS_CTL = str(process.BUILD / "src/ctl/netns-ctl")
# A client without netns-ctl, for any user in any namespace: NAME REQUEST, prints the answer.
CLIENT = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(10)
client.connect("\\0" + sys.argv[1])
try:
    client.sendall(sys.argv[2].encode())
    while piece := client.recv(65536):
        print(piece.decode(), end="")
except (ConnectionResetError, BrokenPipeError):
    pass
"""


def socket_name(instance: str) -> str:
    return f"netns-run/{host.USER_ID}/{instance}"


def names() -> list[str]:
    """Of instances that listen on this host."""
    prefix = "@" + socket_name("")
    lines = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]]
    return sorted(line[7].removeprefix(prefix) for line in lines
                  if len(line) > 7 and line[3] == "00010000" and line[7].startswith(prefix))


def client(instance: str, command: str) -> list[str]:
    return ["/usr/bin/python3", "-c", CLIENT, socket_name(instance),
            json.dumps({"execute": command})]


def ask(instance: str, command: str) -> dict:
    return json.loads(process.succeeds(process.run(client(instance, command))))["return"]


def squat(instance: str, backlog: int = 64) -> socket.socket:
    """Somebody else (this host's root) under a name of the user's."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + socket_name(instance))
    listener.listen(backlog)
    return listener


def connected(instance: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect("\0" + socket_name(instance))
    return client


def stand_in(instance: str, answer: str) -> process.Process:
    """Under one of the user's names, but no instance: `answer` is Python that treats a `client`."""
    code = f"""
import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("\\0{socket_name(instance)}")
listener.listen()
print("listening", flush=True)
while True:
    client, _ = listener.accept()
    {answer}
"""
    return process.Process([*process.PYTHON, "-c", code]).says("listening")


def ctl(*words: object) -> process.Result:
    return process.run([NETNS_CTL, *map(str, words)])


def ctl_json(*words: object):
    return json.loads(process.succeeds(ctl("--json", *words)))
