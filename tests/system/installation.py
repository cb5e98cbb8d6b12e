#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`meson install` puts everything in its place, and it works from there."""

import os
import pathlib

from support import host, process, tap

PREFIX = pathlib.Path("/tmp/installed")


def install() -> None:
    if not os.access(host.BUILD / "meson-logs", os.W_OK):
        tap.skip("the build folder belongs to another user")
    result = process.run(["meson", "install", "-C", str(host.BUILD), "--no-rebuild", "--destdir",
                          str(PREFIX)], user=False)
    process.succeeds(result)


@tap.case("programs and manual pages are installed, and the programs find each other")
def _():
    install()
    try:
        profiles = PREFIX / "etc/apparmor.d"
        found = {path.name: path for path in PREFIX.rglob("*")
                 if path.is_file() and path.parent != profiles
                 and path.parent.name != "completions"}
        tap.true({"netns-ctl", "netns-run", "netns-scope", "netns-slirp", "netns-ctl.1",
                  "netns-run.1", "netns-slirp.1"} <= found.keys(),
                 f"installed: {sorted(found)}")
        if profiles.exists():  # tests/lint/apparmor.py knows whether it has to
            words = (profiles / "netns-run").read_text().partition("profile netns-run ")[2].split()
            tap.equal(f"{PREFIX}{words[0]}", str(found["netns-run"]))
        shown = process.run([str(found["netns-run"]), "--", "ip", "-brief", "address"])
        tap.contains(process.succeeds(shown), "10.0.2.100/24")
        tap.contains(process.succeeds(process.run([str(found["netns-run"]), "--version"])),
                     "libslirp")
        checked = process.run([str(found["netns-run"]), "--check"])
        tap.equal("netns-scope" in checked.out, False, checked.out)
    finally:
        host.root("rm", "-r", str(PREFIX))


tap.main()
