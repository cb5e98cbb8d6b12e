# SPDX-License-Identifier: Apache-2.0
"""One iperf3 measurement: a server in one place, a client in another."""
import json
from dataclasses import dataclass

from .place import Place

DATAGRAM_BYTES = 1400


@dataclass(frozen=True)
class Transfer:
    gbit_per_second: float  # as it arrived
    gigabytes: float
    lost_percent: float | None = None  # UDP only


@dataclass(frozen=True)
class Path:
    """From a client to a server, as the client names it."""
    client: Place
    server: Place
    address: str
    port: int
    server_port: int


def transfer(path: Path, seconds: int, *, streams=1, reverse=False, udp=False) -> Transfer:
    """The client sends; with `reverse`, the server does."""
    server = ["iperf3", "--server", "--one-off", "--forceflush", "--port", path.server_port]
    client = ["iperf3", "--json", "--client", path.address, "--port", path.port,
              "--time", seconds, "--parallel", streams, "--connect-timeout", 3000]
    if reverse:
        client += ["--reverse"]
    if udp:
        client += ["--udp", "--bitrate", 0, "--length", DATAGRAM_BYTES]
    with path.server.running(server, "listening"):
        end = json.loads(path.client.run(client, timeout=seconds + 15))["end"]
    received = end["sum_received"]
    return Transfer(received["bits_per_second"] / 1e9, received["bytes"] / 1e9,
                    end["sum"]["lost_percent"] if udp else None)
