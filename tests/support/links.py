# SPDX-License-Identifier: Apache-2.0
"""Links that are worse than a veth, made by link_relay: in the guest, and towards another machine."""

import shlex
import signal

from support import host, process

LINK_RELAY = str(host.BUILD / "tests/support/link_relay")

# A namespace in the guest behind a bridge and a bad cable, with the guest's addresses: everything
# between the helper and the programs in it goes over that cable. $1: MTU; $2: what the cable does;
# the rest is run in there. Says on standard error what the cable did.
_BEHIND_A_CABLE = """
set -e
mtu=$1 cable=$2
shift 2
unshare --net sleep infinity & inner=$!
until [ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
in_there() { nsenter --net=/proc/$inner/ns/net "$@"; }
v4=$(ip -4 -o address show dev tap0 | awk '{print $4}')
v6=$(ip -6 -o address show dev tap0 scope global | awk '{print $4}')
via4=$(ip -4 route show default | awk '{print $3}')
via6=$(ip -6 route show default | awk '{print $3}')
said=$(mktemp)
exec 9>"$said" 8<"$said"  # /proc/self/fd/8 opens it anew, also when it has no name any more
rm "$said"
$LINK_RELAY out0=/proc/self/ns/net eth0=/proc/$inner/ns/net $cable >&9 & relay=$!
until grep -q ready /proc/self/fd/8; do sleep 0.02; done
ip address flush dev tap0
ip link add br0 type bridge
for port in out0 tap0; do
  ip link set $port master br0 mtu "$mtu" up
done
ip link set br0 up
in_there ip link set lo up
in_there ip link set eth0 mtu "$mtu" up
in_there ip address add "$v4" dev eth0
in_there ip address add "$v6" dev eth0 nodad
in_there ip route add default via "$via4"
in_there ip route add default via "$via6"
# The helper learns where an address lives from what it hears.
for gateway in $via4 $via6; do
  in_there ping -q -c 3 -i 0.2 -W 5 "$gateway" >/dev/null
done
status=0
in_there "$@" || status=$?
kill $relay
wait $relay || true
kill $inner
cat /proc/self/fd/8 >&2
exit $status
"""


def behind_a_cable(mtu: int, cable: str, *command: object) -> list[str]:
    """The command for netns-run --map-root."""
    script = _BEHIND_A_CABLE.replace("$LINK_RELAY", shlex.quote(LINK_RELAY))
    return ["sh", "-c", script, "sh", str(mtu), cable, *map(str, command)]


class DistantRemote:
    """Another machine, like host.Remote, so many milliseconds away (one way)."""

    host_v4, v4 = "198.51.100.1", "198.51.100.2"
    host_v6, v6 = "2001:db8:1::1", "2001:db8:1::2"

    def __init__(self, delay_milliseconds: int, name: str = "far") -> None:
        holder = process.Process(["unshare", "--net", "sh", "-c", "echo made; exec sleep infinity"],
                                 user=False).says("made")
        self.pid = holder.pid
        there = f"/proc/{self.pid}/ns/net"
        self.relay = process.Process(
            [LINK_RELAY, f"{name}=/proc/self/ns/net", f"{name}={there}",
             f"delay={delay_milliseconds}", "offload=1"], user=False,
            end_with=signal.SIGTERM).says("ready")
        self._configure(name, [], self.host_v4, self.host_v6)
        self._configure(name, ["nsenter", f"--net={there}"], self.v4, self.v6)

    def run(self, *command: str) -> str:
        return host.root("nsenter", f"--net=/proc/{self.pid}/ns/net", *command)

    @staticmethod
    def _configure(name: str, prefix: list[str], v4: str, v6: str) -> None:
        host.root(*prefix, "ip", "link", "set", "lo", "up")
        host.root(*prefix, "ip", "link", "set", name, "txqueuelen", "10000", "up")
        host.root(*prefix, "ip", "address", "add", f"{v4}/24", "dev", name)
        host.root(*prefix, "ip", "address", "add", f"{v6}/64", "dev", name, "nodad")
