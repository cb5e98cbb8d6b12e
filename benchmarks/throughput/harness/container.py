# SPDX-License-Identifier: Apache-2.0
"""A container as engines make it in the guest: a namespace of its own behind a bridge with network
address translation, MTU 1500 whatever the guest's interface has."""
import contextlib

from . import world
from .place import Place

BRIDGE_ADDRESS = "172.30.0.1"
CONTAINER_ADDRESS = "172.30.0.2"
MTU = 1500

TRANSLATION = """
table ip netns_bench {
  chain out {
    type nat hook postrouting priority 100
    ip saddr 172.30.0.0/24 oifname "tap0" masquerade
  }
}
"""


@contextlib.contextmanager
def behind_bridge(setting, link):
    """The Place of a container in the link's guest."""
    holder = ["unshare", "--net", *world.holder(setting.world.congestion_control)]
    with link.guest.running(holder, "ready") as container:
        inside = ["nsenter", f"--net=/proc/{container.pid}/ns/net", "--"]
        for command in (
                f"ip link add inside0 mtu {MTU} type veth peer name eth0 mtu {MTU} "
                f"netns {container.pid}",
                "ip link add br0 type bridge",
                f"ip link set br0 mtu {MTU} up",
                "ip link set inside0 master br0 up",
                f"ip address add {BRIDGE_ADDRESS}/24 dev br0",
                "sysctl -q -w net.ipv4.ip_forward=1"):
            link.guest.run(command.split(), timeout=5)
        link.guest.run(["nft", TRANSLATION], timeout=5)
        for command in (
                "ip link set lo up",
                f"ip address add {CONTAINER_ADDRESS}/24 dev eth0",
                "ip link set eth0 up",
                f"ip route add default via {BRIDGE_ADDRESS}"):
            link.guest.run([*inside, *command.split()], timeout=5)
        try:
            yield Place((*link.guest.prefix, *inside), link.guest.account)
        finally:
            link.guest.run("nft delete table ip netns_bench".split(), timeout=5)
            link.guest.run("ip link delete br0".split(), timeout=5)
