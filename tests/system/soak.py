#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many flows at once, of random sizes, with pauses, half-closes and resets at random moments; every
byte is compared at its position (tests/support/soak). Straight, over a cable in the guest that
loses, repeats and reorders frames, and to a machine far away.

With NSRUN_SOAK_GIGABYTES=N each case moves as much; NSRUN_SOAK_SEED=N is another course."""

import os

from support import host, links, process, tap

GIGABYTES = float(os.environ.get("NSRUN_SOAK_GIGABYTES",
                                 "4" if os.environ.get("NSRUN_SOAK_LONG") else "0"))
SEED = int(os.environ.get("NSRUN_SOAK_SEED", "1"))
SOAK_PEER = str(host.BUILD / "tests/support/soak_peer")
PORT = 7000

is_long = GIGABYTES > 0
patience = 3600 * 6 if is_long else 280
remote = host.Remote()


class Volume:
    """How much: the whole, for one side of one flow at most, and flows at once."""

    def __init__(self, megabytes: int, flows: int, share_of_long: float = 1,
                 most_bytes: int = 2_000_000):
        if is_long:
            megabytes = int(GIGABYTES * 1000 * share_of_long)
            most_bytes *= 16 if share_of_long == 1 else 1
        elif host.is_sanitized():
            megabytes, flows = megabytes // 5, flows // 5
        self.words = [SEED, flows, megabytes * 1_000_000, most_bytes]


STRAIGHT = Volume(100, 500)
BAD = Volume(15, 50, 0.02, 500_000)
FAR = Volume(30, 50, 0.1, 2_000_000)


def bad_cable(mtu: int) -> str:
    # Large frames are few. A SYN goes seven times and data thirteen before a connection
    # is given up: none may be, on these.
    lose, repeat, reorder = (1000, 100, 1000) if mtu < 9000 else (60, 30, 60)
    return f"lose={lose} repeat={repeat} reorder={reorder} seed={SEED}"


def client(address: str, port: int, volume: Volume) -> list[str]:
    return [SOAK_PEER, "client", address, str(port), *map(str, volume.words)]


def server(address: str) -> list[str]:
    return [SOAK_PEER, "server", address, str(PORT)]


def sums(line: str) -> dict[str, int]:
    words = line.split()[1:]
    return dict(zip(words[::2], map(int, words[1::2])))


def everything_was_right(result: process.Result, loses_resets: bool = False) -> None:
    """The client's status says so; the figures say that it was not for want of trying."""
    tap.equal(result.status, 0, f"{result.out} {result.err[-3000:]}")
    ours, theirs = map(sums, result.out.splitlines()[-2:])
    compared = ours["compared"] + theirs["compared"]
    kills = ours["killed_here"] + ours["killed_there"]
    print(f"# {compared / 1e9:.2f} GB compared, {ours['opened']} flows, {kills} resets")
    tap.equal((ours["wrong"], theirs["wrong"]), (0, 0))
    tap.equal(ours["clean"], theirs["clean"], "clean ends")
    tap.true(loses_resets or ours["unseen"] == theirs["unseen"] == 0, f"lost: {result.out}")
    tap.true(ours["killed_here"] and ours["killed_there"], f"no resets: {result.out}")
    tap.true(compared > 1_000_000, f"hardly anything was sent: {result.out}")


def cable_was_bad(result: process.Result) -> None:
    lines = [line for line in result.err.splitlines() if line.startswith(("forth: ", "back: "))]
    tap.equal(len(lines), 2, result.err)
    for line in lines:
        print(f"# cable {line}")
    for what in ("lost", "repeated", "reordered"):
        tap.true(sum(sums(line)[what] for line in lines) > 0, f"nothing was {what}: {lines}")


def guest_server(mtu: int, *command: str) -> process.Process:
    options = ["--map-root", "--mtu", str(mtu), "-p", f"{PORT}:{PORT}"]
    return process.start_netns_run(*options, "--", *command).says("listening")


def long_case(name: str):
    """By hand only: a machine that vanishes from far away leaves our own kernel repeating its last
    segment."""
    return tap.case(name, patience) if is_long else lambda body: body


ADDRESSES = ((4, remote.v4, remote.host_v4, "0.0.0.0"), (6, remote.v6, remote.host_v6, "::"))
for mtu in (1500, 65520):
    for version, far, near, anywhere in ADDRESSES:
        @tap.case(f"out of the guest, IPv{version}, MTU {mtu}", patience)
        def _(mtu=mtu, far=far):
            process.Process(server(far), user=False, inside=remote.pid).says("listening")
            everything_was_right(process.netns_run(
                "--mtu", mtu, "--", *client(far, PORT, STRAIGHT), seconds=patience))

        @tap.case(f"into the guest, IPv{version}, MTU {mtu}", patience)
        def _(mtu=mtu, near=near, anywhere=anywhere):
            guest_server(mtu, *server(anywhere))
            everything_was_right(process.run(client(near, PORT, STRAIGHT), inside=remote.pid,
                                             user=False, seconds=patience))

        @tap.case(f"out of the guest over a bad cable, IPv{version}, MTU {mtu}", patience)
        def _(mtu=mtu, far=far):
            process.Process(server(far), user=False, inside=remote.pid).says("listening")
            command = links.behind_a_cable(mtu, bad_cable(mtu), *client(far, PORT, BAD))
            result = process.netns_run("--map-root", "--mtu", mtu, "--", *command,
                                       seconds=patience)
            everything_was_right(result, loses_resets=True)
            cable_was_bad(result)

        @tap.case(f"into the guest over a bad cable, IPv{version}, MTU {mtu}", patience)
        def _(mtu=mtu, near=near, anywhere=anywhere):
            command = links.behind_a_cable(mtu, bad_cable(mtu), *server(anywhere))
            guest_server(mtu, *command)
            everything_was_right(process.run(client(near, PORT, BAD), inside=remote.pid,
                                             user=False, seconds=patience),
                                 loses_resets=True)


for milliseconds in (10, 50, 100):
    @long_case(f"to and from a machine {milliseconds} ms away")
    def _(milliseconds=milliseconds):
        distant = links.DistantRemote(milliseconds // 2)
        process.Process(server(distant.v6), user=False, inside=distant.pid).says("listening")
        everything_was_right(process.netns_run("--", *client(distant.v6, PORT, FAR),
                                               seconds=patience))
        guest_server(1500, *server("0.0.0.0"))
        everything_was_right(process.run(client(distant.host_v4, PORT, FAR), inside=distant.pid,
                                         user=False, seconds=patience))


tap.main()
