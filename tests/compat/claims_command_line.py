#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What slirp4netns documents of its command line, by claim; beside tests/system/helper_*.py."""

import json
import re

from support import host, process, tap, waiting
from support.target import Helper, Target

remote = host.Remote()
GREPPED = {
    "dockerd-rootless.sh": ["--netns-type"],
    "RootlessKit": ["--netns-type", "--enable-ipv6", "--cidr", "--disable-host-loopback",
                    "--api-socket", "--enable-sandbox", "--enable-seccomp"],
    "Podman": ["--disable-host-loopback", "--mtu", "--enable-ipv6", "--cidr", "--enable-sandbox",
               "--enable-seccomp", "--netns-type", "--outbound-addr"],
}


def interface(target: Target) -> dict:
    return json.loads(target.run("ip", "-json", "address", "show", "dev", "tap0"))[0]


def addresses(target: Target) -> list[str]:
    return [f"{a['local']}/{a['prefixlen']}" for a in interface(target)["addr_info"]]


def refused(*words: str) -> str:
    """What it says about a command line that it does not take."""
    result = process.run([process.NETNS_SLIRP, *words])
    tap.true(result.status > 0, f"{words}: it claims success")
    return result.err


@tap.case("--help: each caller's feature detection finds its options, as whole words")
def _():
    for words in (["--help"], ["-h"]):
        shown = process.succeeds(process.run([process.NETNS_SLIRP, *words]))
        for caller, options in GREPPED.items():
            for option in options:
                tap.true(re.search(rf"{option}\b", shown), f"{caller} does not find {option}")


@tap.case("--version and -v: slirp4netns' lines, in its order")
def _():
    for option in ("--version", "-v"):
        shown = process.succeeds(process.run([process.NETNS_SLIRP, option]))
        tap.true(re.fullmatch(r"slirp4netns version \d\S*\ncommit: \S+\nlibslirp: \d+\.\d+\.\d+\n"
                              r"SLIRP_CONFIG_VERSION_MAX: \d+\nlibseccomp: \d+\.\d+\.\d+\n", shown),
                 f"{shown!r}")


@tap.case("an option's value follows as a word, behind =, or behind a short letter")
def _():
    for words in (["--configure", "--mtu=4000"], ["-c", "--mtu", "4000"], ["-c", "-m", "4000"],
                  ["-cm4000"], ["-c", "-m4000"]):
        target = Target()
        Helper(target, *words).ready()
        tap.equal(interface(target)["mtu"], 4000, str(words))


@tap.case("-6 and --enable-ipv6 are one option")
def _():
    for option in ("-6", "--enable-ipv6"):
        target = Target()
        Helper(target, "-c", option).ready()
        tap.contains(" ".join(addresses(target)), "fd00::")


@tap.case("options may stand behind PID and TAPNAME")
def _():
    target = Target()
    process.Process([process.NETNS_SLIRP, str(target.pid), "tap0", "-c", "--mtu=4000"])
    waiting.until(lambda: "10.0.2.100" in target.try_run("ip", "address").out, "the address")
    tap.equal(interface(target)["mtu"], 4000)


@tap.case("an extra argument is a warning, not an error")
def _():
    target = Target()
    running = process.Process([process.NETNS_SLIRP, "-c", str(target.pid), "tap0", "surplus"])
    waiting.until(lambda: "10.0.2.100" in target.try_run("ip", "address").out, "the address")
    tap.contains(running.says("surplus").err, "surplus")


@tap.case("the deprecated spellings do the same as the new ones, with a warning")
def _():
    target = Target()
    helper = Helper(target, "-c", "--no-host-loopback", "--create-sandbox").ready()
    tap.contains(helper.process.err, "--disable-host-loopback", "--enable-sandbox")
    process.peer("tcp-echo", "127.0.0.1", 7000)
    tap.equal(target.run(*process.PEER, "connect", "10.0.2.2", 7000), "ENETUNREACH\n")


@tap.case("--mtu is 1500 without it, and at most 65521")
def _():
    target = Target()
    Helper(target, "-c", "--mtu=65521").ready()
    tap.equal(interface(target)["mtu"], 65521)
    tap.contains(refused("-c", "--mtu=65522", "1", "tap0"), "65522")
    tap.contains(refused("-c", "--mtu=0", "1", "tap0"), "mtu")


@tap.case("--cidr: +100 is the guest, +2 the gateway, +3 the name server, in networks of any size")
def _():
    for cidr, guest, gateway in (("10.88.7.0/24", "10.88.7.100/24", "10.88.7.2"),
                                 ("192.168.0.0/25", "192.168.0.100/25", "192.168.0.2"),
                                 ("172.16.0.0/12", "172.16.0.100/12", "172.16.0.2")):
        target = Target()
        Helper(target, "-c", f"--cidr={cidr}").ready()
        tap.contains(" ".join(addresses(target)), guest)
        tap.contains(target.run("ip", "route"), f"default via {gateway} dev tap0")
        target.run("ping", "-c", "1", "-W", "5", gateway)


@tap.case("--cidr: the words of its errors")
def _():
    for cidr in ("10.0.2.0", "10.0.2.0/", "/24", "10.0.2.0/33", "10.0.2/24", "fd00::/64"):
        tap.contains(refused("-c", f"--cidr={cidr}", "1", "tap0"), "invalid CIDR")
    for cidr in ("10.0.2.0/26", "10.0.2.0/32", "0.0.0.0/0"):
        tap.contains(refused("-c", f"--cidr={cidr}", "1", "tap0"), "prefix length needs to be 1-25")
    tap.contains(refused("-c", "--cidr=10.0.2.1/24", "1", "tap0"), "CIDR needs to be a network "
                 "address like 10.0.2.0/24, not like 10.0.2.1/24")


@tap.case("--macaddress is the interface's")
def _():
    target = Target()
    Helper(target, "-c", "--macaddress=02:aa:bb:cc:dd:ee").ready()
    tap.equal(interface(target)["address"], "02:aa:bb:cc:dd:ee")
    target.run("ping", "-c", "1", "-W", "5", "10.0.2.2")


@tap.case("--disable-dns: nobody answers at the name server's address")
def _():
    name_server = str(host.SOURCE / "tests/support/dns_server.py")
    process.Process([*process.PYTHON, name_server, "127.0.0.1"], user=False).says("listening")
    for options, answers in ((["-c"], True), (["-c", "--disable-dns"], False)):
        target = Target()
        Helper(target, *options).ready()
        asked = target.try_run("dig", "+tries=1", "+time=2", "+short", "@10.0.2.3",
                               "www.example.test")
        tap.equal("192.0.2.2" in asked.out, answers, str(options))


tap.main()
