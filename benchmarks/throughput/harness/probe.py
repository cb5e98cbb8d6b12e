# SPDX-License-Identifier: Apache-2.0
"""One netns_bench measurement; its server runs on the host during the whole run."""
import contextlib
import json

ECHO_PORT = 5001
MAX_CONNECT_SECONDS = 3  # in longer ones a fast peer would run out of ports (60,000)
AT_ONCE = 16


@contextlib.contextmanager
def serving(program: str, place):
    with place.running([program, "serve", ECHO_PORT], "ready"):
        yield


def round_trips(program: str, link, protocol: str, seconds: int) -> dict:
    return json.loads(link.guest.run(
        [program, "rtt", protocol, link.host_address, ECHO_PORT, seconds], timeout=seconds + 15))


def connects(program: str, link, seconds: int) -> dict:
    seconds = min(seconds, MAX_CONNECT_SECONDS)
    return json.loads(link.guest.run(
        [program, "connect", link.host_address, ECHO_PORT, seconds, AT_ONCE],
        timeout=seconds + 15))


def holding_idle(program: str, link, count: int):
    """A block during which that many connections are open and idle."""
    return link.guest.running([program, "hold", link.host_address, ECHO_PORT, count],
                              '"open"', timeout=60)
