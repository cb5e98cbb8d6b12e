#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How fast one stream is to and from a machine some milliseconds away, from the host itself and
through netns-run. Reports figures, median of some runs each; only that data comes is a claim."""

import json
import os
import statistics

from support import host, links, process, tap, waiting

SECONDS = int(os.environ.get("NSRUN_DISTANCE_SECONDS", "10"))
RUNS = int(os.environ.get("NSRUN_DISTANCE_RUNS", "3"))
PATIENCE = 8 * RUNS * (SECONDS + 30)


def open_to(address: str) -> str:
    return host.root("ss", "--no-header", "--tcp", "--numeric", "dst", address)


def stream(address: str, in_guest: bool, *direction: str) -> float:
    """Gbit/s that arrived."""
    client = ["iperf3", "--json", "--client", address, "--time", str(SECONDS), "--omit", "3",
              *direction]
    command = [process.NETNS_RUN, "--", *client] if in_guest else client
    shown = process.succeeds(process.run(command, user=in_guest, seconds=SECONDS + 60))
    # The last acknowledgments are under way; without the far machine they would be awaited for long.
    waiting.until(lambda: not open_to(address), lambda: f"the end of {open_to(address)}", 20)
    return json.loads(shown)["end"]["sum_received"]["bits_per_second"] / 1e9


def compare(address: str, name: str, *direction: str) -> None:
    figures: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(RUNS):  # in turns, so that a busy machine is busy for both
        for in_guest, found in figures.items():
            found.append(stream(address, in_guest, *direction))
    bare, through = (statistics.median(figures[in_guest]) for in_guest in (False, True))
    print(f"# {name}: host {bare:.3f}, netns-run {through:.3f} Gbit/s, ratio {through / bare:.2f}")
    tap.true(through > 0, "nothing arrived")


for milliseconds in (10, 50, 100):
    @tap.case(f"one stream to and from a machine {milliseconds} ms away", PATIENCE)
    def _(milliseconds=milliseconds):
        distant = links.DistantRemote(milliseconds // 2)
        # Both ends and the baseline alike; the helper's sockets are the host's. Other algorithms than
        # this one may be forbidden here.
        host.set_sysctl("net.ipv4.tcp_congestion_control", "reno")
        distant.run("sysctl", "-q", "-w", "net.ipv4.tcp_congestion_control=reno")
        server = process.Process(["iperf3", "--server", "--forceflush"], user=False, inside=distant.pid)
        server.says("listening")
        compare(distant.v4, f"{milliseconds} ms, to it")
        compare(distant.v4, f"{milliseconds} ms, from it", "--reverse")


tap.main()
