#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Much data, compared byte for byte (by SHA-256 of a stream that never repeats): 1 GB each way."""

from support import host, process, tap

remote = host.Remote()
BYTES = 50_000_000 if host.is_sanitized() else 1_000_000_000
SECONDS = 280


def guest_sends(address: str, options: tuple[str, ...] = ()) -> None:
    process.peer("tcp-sink", address, 7000, inside=remote.pid)
    said = process.in_guest(*process.PEER, "tcp-send", address, "7000", str(BYTES),
                            options=options, seconds=SECONDS)
    tap.equal(said.split()[:2], said.split()[2:])
    tap.equal(said.split()[0], str(BYTES))


def guest_receives(address: str, options: tuple[str, ...] = ()) -> None:
    server = process.peer("tcp-source", address, 7000, BYTES, inside=remote.pid)
    said = process.in_guest(*process.PEER, "tcp-fetch", address, "7000", options=options,
                            seconds=SECONDS)
    server.says(f"sent {said.strip()}")
    tap.equal(said.split()[0], str(BYTES))


@tap.case("guest to another machine, IPv4", SECONDS)
def _():
    guest_sends(remote.v4)


@tap.case("another machine to guest, IPv4", SECONDS)
def _():
    guest_receives(remote.v4)


@tap.case("guest to another machine, IPv6, MTU 65520", SECONDS)
def _():
    guest_sends(remote.v6, ("--mtu", "65520"))


@tap.case("another machine to guest, IPv6, MTU 65520", SECONDS)
def _():
    guest_receives(remote.v6, ("--mtu", "65520"))


@tap.case("into the guest through a published port", SECONDS)
def _():
    guest = process.guest_server(["-p", "8080:80"], "tcp-sink", "0.0.0.0", 80)
    said = process.succeeds(process.run([*process.PEER, "tcp-send", "127.0.0.1", "8080",
                                         str(BYTES)], seconds=SECONDS))
    tap.equal(said.split()[:2], said.split()[2:])
    tap.contains(guest.out, f"received {' '.join(said.split()[:2])}")


@tap.case("out of the guest through a published port", SECONDS)
def _():
    guest = process.guest_server(["-p", "8080:80"], "tcp-source", "0.0.0.0", 80, BYTES)
    said = process.succeeds(process.run([*process.PEER, "tcp-fetch", "127.0.0.1", "8080"],
                                        seconds=SECONDS))
    guest.says(f"sent {said.strip()}")


tap.main()
