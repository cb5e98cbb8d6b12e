#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-slirp for the network namespace of a process, started and ended as engines do."""

import json
import os
import pathlib
import signal
import subprocess

from support import host, process, tap, waiting
from support.target import Helper, Target

remote = host.Remote()


# Of the TAP: a burst of several hundred flows must find room (os::kTapQueueFrames).
QUEUE_FRAMES = 8192


def interface(target: Target, name: str = "tap0") -> dict:
    return json.loads(target.run("ip", "-json", "address", "show", "dev", name))[0]


@tap.case("-c: lo and the TAP are up with addresses and routes when the ready fd says 1")
def _():
    target = Target()
    Helper(target, "-c", "--enable-ipv6").ready()
    tap0 = interface(target)
    usable = {f"{a['local']}/{a['prefixlen']}" for a in tap0["addr_info"] if "tentative" not in a}
    tap.equal((tap0["mtu"], tap0["txqlen"]), (1500, QUEUE_FRAMES))
    tap.true(usable >= {"10.0.2.100/24", "fd00::100/64"}, f"usable: {usable}")
    # No second address by router advertisements: datagrams to the first one would be answered from it.
    tap.equal(target.run("cat", "/proc/sys/net/ipv6/conf/tap0/accept_ra"), "0\n")
    tap.contains(" ".join(interface(target, "lo")["flags"]), "UP")
    tap.contains(target.run("ip", "route"), "default via 10.0.2.2")


@tap.case("-c: traffic flows at once, TCP, UDP, ping")
def _():
    target = Target()
    Helper(target, "-c").ready()
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, 7000), "there and back\n")
    target.run(*process.PEER, "udp-ask", remote.v4, 7000, 100, 5)
    target.run("ping", "-c", "1", "-W", "5", "10.0.2.2")


@tap.case("without --enable-ipv6 there is no IPv6, as with slirp4netns")
def _():
    target = Target()
    Helper(target, "-c").ready()
    tap.lacks(json.dumps(interface(target)), "fd00::")


@tap.case("-m sets the MTU, --mtu too")
def _():
    for option in (["-m", "65520"], ["--mtu=9000"], ["--mtu", "1280"]):
        target = Target()
        Helper(target, "-c", *option).ready()
        tap.contains(option[-1], str(interface(target)["mtu"]))


@tap.case("the name of the TAP is the last argument")
def _():
    target = Target()
    Helper(target, "-c", tap_name="net7").ready()
    tap.contains(json.dumps(interface(target, "net7")), "10.0.2.100")


@tap.case("a persistent TAP that the caller made, without address, is attached to and set up later")
def _():
    target = Target()
    target.run("sh", "-c", "ip tuntap add name tap0 mode tap; ip link set tap0 up")
    Helper(target, "--mtu", "65520").ready()
    tap.equal([a for a in interface(target)["addr_info"] if a["family"] == "inet"], [])
    tap.equal(interface(target)["txqlen"], QUEUE_FRAMES)
    target.run("sh", "-c", "ip link set tap0 mtu 65520; ip address add 10.0.2.100/24 dev tap0; "
               "ip route add default via 10.0.2.2; ip link set lo up")
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, 7000), "there and back\n")


@tap.case("--netns-type=path with --userns-path")
def _():
    target = Target()
    helper = process.Process([
        process.NETNS_SLIRP, "-c", "--netns-type=path", f"--userns-path=/proc/{target.pid}/ns/user",
        f"/proc/{target.pid}/ns/net", "tap0"])
    waiting.until(lambda: "10.0.2.100" in target.try_run("ip", "address", "show", "tap0").out,
                  lambda: f"the interface; {helper.err}")


@tap.case("host loopback is open at the gateway, as with slirp4netns")
def _():
    target = Target()
    Helper(target, "-c").ready()
    process.peer("tcp-echo", "127.0.0.1", 7000)
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", "10.0.2.2", 7000), "there and back\n")


@tap.case("--disable-host-loopback: TCP to the gateway fails at once, ping to it answers")
def _():
    target = Target()
    Helper(target, "-c", "--disable-host-loopback").ready()
    process.peer("tcp-echo", "127.0.0.1", 7000)
    tap.equal(target.run(*process.PEER, "connect", "10.0.2.2", 7000), "ENETUNREACH\n")
    target.run("ping", "-c", "1", "-W", "5", "10.0.2.2")


@tap.case("the exit fd's hang-up ends it with status 0")
def _():
    helper = Helper(Target(), "-c", exit_fd=True).ready()
    helper.hang_up()
    tap.equal(helper.process.wait(10).status, 0)


@tap.case("an exit fd that is not open ends the program at once")
def _():
    result = process.run([process.NETNS_SLIRP, "-c", "-e", "99", str(Target().pid), "tap0"])
    tap.true(result.status > 0 and result.err, f"{result}")


@tap.case("SIGTERM ends it, and the API socket is gone")
def _():
    helper = Helper(Target(), "-c", api_path="/tmp/api").ready()
    tap.true(os.path.exists("/tmp/api"), "no API socket")
    helper.process.signal(signal.SIGTERM)
    helper.process.wait(10)
    waiting.until(lambda: not os.path.exists("/tmp/api"), "the API socket's end")


@tap.case("the end of the target process ends it")
def _():
    target = Target()
    helper = Helper(target, "-c").ready()
    target.holder.signal(signal.SIGKILL)
    helper.process.wait(10)


@tap.case("the removal of the network namespace's path ends it")
def _():
    target = Target()
    os.symlink(f"/proc/{target.pid}/ns/net", "/tmp/netns")
    helper = process.Process([
        process.NETNS_SLIRP, "-c", "--netns-type=path", f"--userns-path=/proc/{target.pid}/ns/user",
        "/tmp/netns", "tap0"])
    waiting.until(lambda: "10.0.2.100" in target.try_run("ip", "address", "show", "tap0").out,
                  lambda: f"the interface; {helper.err}")
    os.unlink("/tmp/netns")
    tap.equal(helper.wait(10).status, 0)


@tap.case("without the process that watches the path it ends rather than outlive the namespace")
def _():
    target = Target()
    os.symlink(f"/proc/{target.pid}/ns/net", "/tmp/netns")
    helper = process.Process([
        process.NETNS_SLIRP, "-c", "--netns-type=path", f"--userns-path=/proc/{target.pid}/ns/user",
        "/tmp/netns", "tap0"])
    waiting.until(lambda: "10.0.2.100" in target.try_run("ip", "address", "show", "tap0").out,
                  lambda: f"the interface; {helper.err}")
    children = pathlib.Path(f"/proc/{helper.pid}/task/{helper.pid}/children")
    waiting.until(lambda: len(children.read_text().split()) == 1, "the process outside alone")
    os.kill(int(children.read_text()), signal.SIGKILL)
    tap.equal(helper.wait(10).status, 1)
    os.unlink("/tmp/netns")


@tap.case("a reader of its messages that has stopped stops neither the traffic nor its end")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    target = Target()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    helper = subprocess.Popen(
        [*host.as_user(), process.NETNS_SLIRP, "-c", "--disable-host-loopback", str(target.pid),
         "tap0"], stderr=writer, env=host.environment(user=True))
    try:
        waiting.until(lambda: "10.0.2.100" in target.try_run("ip", "address", "show", "tap0").out,
                      "the interface")
        waiting.until(lambda: target.try_run(*process.PEER, "tcp-echo-ask", remote.v4, 7000).out,
                      "the network")
        tap.equal(target.run(*process.PEER, "connect", "10.0.2.2", 99), "ENETUNREACH\n")
        tap.equal(target.run(*process.PEER, "tcp-echo-ask", remote.v4, 7000), "there and back\n")
        helper.terminate()
        tap.equal(helper.wait(10), 0)
    finally:
        helper.kill()
        helper.wait()
        os.close(reader)
        os.close(writer)


@tap.case("a target process that does not exist is named")
def _():
    result = process.run([process.NETNS_SLIRP, "-c", "4000000", "tap0"])
    tap.true(result.status > 0, "it claims success")
    tap.contains(result.err, "4000000")


@tap.case("a target of somebody else is refused")
def _():
    if not host.is_really_root():
        tap.skip("there is only one user here")
    other = process.Process(["sleep", "infinity"], user=False)
    result = process.run([process.NETNS_SLIRP, "-c", str(other.pid), "tap0"])
    tap.true(result.status > 0 and result.err, f"{result}")


@tap.case("bad values are named with their option", seconds=90)
def _():
    for words, expected in ((["--mtu=70000"], "70000"), (["--cidr=x"], "invalid CIDR"),
                            (["--cidr=10.0.2.100/24"], "CIDR needs to be a network address like "
                             "10.0.2.0/24, not like 10.0.2.100/24"),
                            (["--cidr=10.0.2.0/26"], "prefix length needs to be 1-25"),
                            (["--netns-type=x"], "--netns-type"), (["--no-such"], "no-such"),
                            (["-a", "/tmp/" + "x" * 108], "107")):
        result = process.run([process.NETNS_SLIRP, "-c", *words, "1", "tap0"])
        tap.true(result.status > 0, f"{words}: it claims success")
        tap.contains(result.err, expected)


@tap.case("--help lists what callers look for, on standard output with status 0")
def _():
    result = process.run([process.NETNS_SLIRP, "--help"])
    tap.equal((result.status, result.err), (0, ""))
    tap.contains(result.out, "--netns-type", "--enable-ipv6", "--cidr", "--disable-host-loopback",
                 "--api-socket", "--enable-sandbox", "--enable-seccomp", "--mtu", "--outbound-addr")


@tap.case("--version has the lines that callers parse")
def _():
    result = process.run([process.NETNS_SLIRP, "--version"])
    tap.equal(result.status, 0)
    tap.contains(result.out, "version ", "commit: ", "libslirp: ", "SLIRP_CONFIG_VERSION_MAX: ",
                 "libseccomp: ")


tap.main()
