#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-ctl: instances listed, ports added, listed and removed, counters."""

import os
import re
import signal

from support import control, helper, process, tap, waiting
from support.control import ctl, ctl_json


def web(name: str = "web", *options: str) -> process.Process:
    return process.guest_server(["--name", name, *options], "tcp-hello", "0.0.0.0", 80, "hi")


def fetched(port: int) -> str:
    return process.run(["socat", "-T15", "-u", f"TCP:127.0.0.1:{port}", "-"]).out


def refused(result: process.Result, status: int, *texts: str) -> None:
    tap.equal((result.status, result.out), (status, ""))
    for text in texts:
        tap.contains(result.err, text)


@tap.case("ps lists the user's instances and no others")
def _():
    tap.equal(ctl_json("ps"), [])
    tap.equal(len(process.succeeds(ctl("ps")).splitlines()), 1)
    first, second = web("one", "-p", "127.0.0.1:8080:80"), web("two")
    stranger = control.squat("three")
    shown = ctl_json("ps")
    stranger.close()
    tap.equal([(each["name"], each["pid"]) for each in shown],
              [("one", first.pid), ("two", second.pid)])
    lines = process.succeeds(ctl("ps")).splitlines()
    tap.contains(lines[1], f" {first.pid} ", "127.0.0.1:8080->80/tcp", "python3")


@tap.case("one that ends, or does not answer, takes nothing from the list of the others")
def _():
    process.start_netns_run("--name", "web", "--", "sh", "-c", "echo up; sleep 1000").says("up")
    control.stand_in("ending", "client.recv(1); client.close()")  # unread bytes: a reset
    control.stand_in("closing", "client.close()")
    tap.equal([entry["name"] for entry in ctl_json("ps")], ["web"])
    tap.contains(process.succeeds(ctl("top", "--once")), "web")
    result = ctl("port", "list", "ending")
    tap.equal((result.status, result.err), (
        1, 'netns-ctl: the instance "ending" ended before it answered\n'))
    silent = control.stand_in("silent", "time.sleep(1000)")
    result = ctl("ps")
    tap.contains(process.succeeds(result), "web")
    tap.contains(result.err, 'the instance "silent" does not answer')
    silent.end()


@tap.case("a port is added, serves, is listed, and is gone when removed")
def _():
    web()
    tap.equal(fetched(8080), "")
    process.succeeds(ctl("port", "add", "web", "-p", "127.0.0.1:8080:80"))
    tap.equal(fetched(8080), "hi 10.0.2.2\n")
    tap.equal(ctl_json("port", "list", "web"), [
        {"id": 1, "proto": "tcp", "host_addr": "127.0.0.1", "host_port": 8080,
         "guest_addr": "10.0.2.100", "guest_port": 80}])
    tap.true(re.search(r"1 tcp +127\.0\.0\.1:8080 +10\.0\.2\.100:80",
                       process.succeeds(ctl("port", "list", "web"))), "the list as text")
    process.succeeds(ctl("port", "rm", "web", "-p", "127.0.0.1:8080:80"))
    tap.equal(fetched(8080), "")
    tap.equal(ctl_json("port", "list", "web"), [])


@tap.case("a rule without an address is added and removed for both families, what -p gave as well")
def _():
    web("web", "-p", "8080:80")
    added = ctl_json("port", "add", "web", "-p", "9000-9001:90-91/udp")
    tap.equal(sorted((each["host_addr"], each["host_port"]) for each in added),
              [("0.0.0.0", 9000), ("0.0.0.0", 9001), ("::", 9000), ("::", 9001)])
    tap.equal(len(ctl_json("port", "rm", "web", "-p", "8080:80")), 2)
    tap.equal(ctl_json("port", "list", "web"), added)


@tap.case("all ports of a rule are published or none, and the reason is told")
def _():
    web()
    process.peer("tcp-sink", "127.0.0.1", 8082)
    refused(ctl("port", "add", "web", "-p", "127.0.0.1:8080-8083:80-83"), 1, "8082",
            "Address already in use")
    tap.equal(ctl_json("port", "list", "web"), [])


@tap.case("ports of all rules are published or none: TCP and UDP, IPv4 and IPv6, the last of a range")
def _():
    web()
    process.peer("udp-echo", "127.0.0.1", 8080)
    refused(ctl("port", "add", "web", "-p", "8080:80", "-p", "8080:80/udp"), 1, "UDP port",
            "Address already in use")
    process.peer("tcp-sink", "::1", 8081)
    refused(ctl("port", "add", "web", "-p", "8070-8079:80-89", "-p", "8081:80"), 1, "[::]:8081")
    tap.equal(ctl_json("port", "list", "web"), [])
    # All that was tried is free, for others as well.
    for port in (8080, 8070, 8079):
        process.peer("tcp-sink", "", port)
    process.peer("tcp-sink", "0.0.0.0", 8081)


@tap.case("nothing is removed when one of the rules, or a port of a range, is not published")
def _():
    web("web", "-p", "127.0.0.1:8080:80")
    for rule, missing in (("8081", "8081"), ("127.0.0.1:8080-8081:80-81", "127.0.0.1:8081")):
        refused(ctl("port", "rm", "web", "-p", "127.0.0.1:8080:80", "-p", rule), 1, missing,
                "published: tcp 127.0.0.1:8080 -> 10.0.2.100:80")
    tap.equal(fetched(8080), "hi 10.0.2.2\n")


@tap.case("several rules are removed at once, one that is named twice as well")
def _():
    web("web", "-p", "127.0.0.1:8080:80", "-p", "127.0.0.1:8080:80/udp", "-p", "127.0.0.1:8081:80")
    removed = ctl_json("port", "rm", "web", "-p", "127.0.0.1:8080:80/udp", "-p", "127.0.0.1:8080:80",
                       "-p", "127.0.0.1:8080:80")
    tap.equal([each["proto"] for each in removed], ["tcp", "udp"])
    tap.equal([each["host_port"] for each in ctl_json("port", "list", "web")], [8081])


@tap.case("ports of netns-ctl outlive the death of a helper")
def _():
    instance = web()
    process.succeeds(ctl("port", "add", "web", "-p", "127.0.0.1:8080:80", "-p", "127.0.0.1:8081:80",
                         "-p", "127.0.0.1:8082:80"))
    process.succeeds(ctl("port", "rm", "web", "-p", "127.0.0.1:8081:80", "-p", "127.0.0.1:8082:80"))
    before = ctl_json("port", "list", "web")
    tap.equal(len(before), 1)
    first = helper.helper_of(instance)
    process.run(["kill", "-KILL", str(first)])
    helper.helper_of(instance, but=first)
    waiting.until(lambda: control.names() == ["web"], "the socket's return")
    tap.equal(ctl_json("port", "list", "web"), before)


@tap.case("while netns-run is stopped ports come and go, and a helper that follows knows of them")
def _():
    run = process.start_netns_run("--name", "web", "--", "sh", "-c", "echo up; sleep 1000").says("up")
    run.signal(signal.SIGSTOP)
    for rules in (["20000-20199"], ["20200-20399/udp"]):
        process.succeeds(ctl("port", "add", "web", "-p", *rules))
    process.succeeds(ctl("port", "rm", "web", "-p", "20300-20399/udp"))
    listed = ctl_json("port", "list", "web")
    tap.equal(len(listed), 600)
    tap.true(has_unread_reports(), "reports wait for netns-run")
    run.signal(signal.SIGCONT)
    # The helper gives the next ones within the same turn.
    waiting.until(lambda: not any(has_unread_reports() for _ in range(5)), "netns-run to have read all")
    old = helper.helper_of(run)
    os.kill(old, signal.SIGKILL)
    helper.helper_of(run, but=old)
    waiting.until(lambda: "web" in control.names(), "its control socket")
    again = ctl_json("port", "list", "web")
    tap.true(key_of(again) == key_of(listed), f"{len(again)} ports are left of {len(listed)}")


def has_unread_reports() -> bool:
    sockets = process.succeeds(process.run(["ss", "-xH"])).splitlines()
    return any(line.split()[0] == "u_seq" and line.split()[2] != "0" for line in sockets)


def key_of(entries: list[dict]) -> list[tuple]:
    return sorted((each["id"], each["proto"], each["host_addr"], each["host_port"]) for each in entries)


@tap.case("stats come as text, as JSON and for Prometheus")
def _():
    web("web", "-p", "127.0.0.1:8080:80")
    fetched(8080)
    counters = ctl_json("stats", "web")
    tap.true(counters["frames_from_guest"] > 0, counters)
    text = process.succeeds(ctl("stats", "web"))
    tap.equal([line.split()[0] for line in text.splitlines()], list(counters))
    lines = process.succeeds(ctl("stats", "web", "--prometheus")).splitlines()
    tap.equal(lines[0::2], [f"# TYPE netns_run_{name}_total counter" for name in counters])
    for line in lines[1::2]:
        tap.true(re.fullmatch(r'netns_run_[a-z0-9_]+_total\{instance="web"\} \d+', line), line)


@tap.case("an instance that does not exist is status 3, and those that do are named")
def _():
    refused(ctl("stats", "wbe"), 3, 'no instance "wbe"', "none of yours")
    web("web")
    for words in (("stats", "wbe"), ("port", "list", "wbe"), ("port", "rm", "../x", "-p", "80")):
        refused(ctl(*words), 3, "running: web")


@tap.case("another user's socket under a name of ours is not believed")
def _():
    listener = control.squat("web")
    refused(ctl("stats", "web"), 3, 'no instance "web"')
    listener.close()


@tap.case("a wrong command line is status 2 and says what is expected")
def _():
    for words, text in (((), "a command is expected"), (("port", "web"), "port add|list|rm"),
                        (("port", "add", "web"), "-p RULE"), (("port", "move", "web"), '"move"'),
                        (("port", "add", "web", "-p", "80:x"), '"x"'), (("stats",), "stats NAME"),
                        (("ps", "--prometheus"), "--prometheus"), (("ps", "--no"), "--no"),
                        (("bottom",), 'unknown command "bottom"')):
        refused(ctl(*words), 2, text, "--help")


tap.main()
