#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""RootlessKit, unchanged, on our netns-slirp."""

import signal

from support import engine, host, process, tap

engine.need({"rootlesskit": "rootlesskit", "newuidmap": "uidmap"})
remote = host.Remote()

# What Docker's script starts it with.
LIKE_DOCKER = ("--mtu=65520", "--slirp4netns-sandbox=auto", "--slirp4netns-seccomp=auto",
               "--disable-host-loopback")


def start(options, *command: str) -> process.Process:
    """RootlessKit with a command; the helper is ours."""
    return process.Process(
        ["rootlesskit", "--net=slirp4netns", f"--slirp4netns-binary={process.NETNS_SLIRP}",
         "--copy-up=/etc", "--copy-up=/run", *options, *command], end_with=signal.SIGTERM)


@tap.case("a command is online through the helper")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    started = start(LIKE_DOCKER, "sh", "-c", "echo up; exec sleep infinity").says("up")
    engine.the_helper()
    started.signal(signal.SIGTERM)
    started.wait()


tap.main()
