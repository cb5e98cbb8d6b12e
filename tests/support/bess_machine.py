# SPDX-License-Identifier: Apache-2.0
"""Plays User Mode Linux with the vector transport "bess" in the namespace that it is started in: a
TAP whose frames are the messages of a SOCK_SEQPACKET socket. Ends with the socket.

    bess_machine.py PATH MTU
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x0002 | 0x1000


def open_tap() -> int:
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP_NO_PI))
    return tap


def main() -> None:
    path, mtu = sys.argv[1:]
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(path)
    tap = open_tap()
    for words in (f"link set tap0 mtu {mtu} up", "address add 10.0.2.100/24 dev tap0",
                  "route add default via 10.0.2.2"):
        subprocess.run(["ip", *words.split()], check=True)
    print("connected", flush=True)
    longest = int(mtu) + 14
    while True:
        ready, _, _ = select.select([link, tap], [], [])
        if link in ready:
            frame = link.recv(70000)
            if not frame:
                return
            # As the virtual machine's buffers do.
            if len(frame) <= longest:
                os.write(tap, frame)
        if tap in ready:
            link.send(os.read(tap, 70000))


main()
