#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The control socket of an instance: who reaches it, under which name, and for how long."""

import os
import signal
import time

from support import control, helper, host, process, tap, waiting


def running(*options: str) -> process.Process:
    return process.start_netns_run(*options, "--", "sh", "-c", "echo runs; exec sleep 1000").says(
        "runs")


@tap.case("info says the name, the process, the start, the command and what is published")
def _():
    before = int(time.time())
    instance = running("--name", "web", "-p", "127.0.0.1:8080:80")
    info = control.ask("web", "info")
    tap.equal((info["name"], info["pid"]), ("web", instance.pid))
    tap.true(before <= info["started"] <= time.time(), info)
    tap.equal(info["command"], "sh -c echo runs; exec sleep 1000")
    tap.equal([entry["host_port"] for entry in info["entries"]], [8080])


@tap.case("stats counts what the guest sends")
def _():
    process.start_netns_run("--name", "web", "--", "sh", "-c",
                            "ping -c 3 -i 0.2 10.0.2.2; echo sent; exec sleep 1000").says("sent")
    tap.true(control.ask("web", "stats")["frames_from_guest"] >= 3, "no frames counted")


@tap.case("without --name the name has the process id in it")
def _():
    instance = running()
    tap.equal(control.names(), [f"run-{instance.pid}"])
    tap.equal(control.ask(f"run-{instance.pid}", "info")["pid"], instance.pid)


@tap.case("a name is given once; it is free again after the end, by SIGKILL as well")
def _():
    for number in (signal.SIGTERM, signal.SIGKILL):
        instance = running("--name", "web")
        second = process.netns_run("--name", "web", "--", "true")
        tap.equal(second.status, 125)
        tap.contains(second.err, '"web" is taken')
        instance.signal(number)
        instance.wait()
        waiting.until(lambda: not control.names(), "the end of the name")


@tap.case("a name that another user has taken is told as such, and keeps no list")
def _():
    with control.squat("web"):
        second = process.netns_run("--name", "web", "--", "true")
        tap.equal((second.status, second.err), (
            125, 'netns-run: the name "web" is taken by a process of another user: choose another --name\n'))
    with control.squat("full", backlog=0):
        filling = control.connected("full")
        running("--name", "web")
        result = control.ctl("ps")
        tap.contains(process.succeeds(result), "web")
        tap.contains(result.err, '"full" does not answer')
        filling.close()


@tap.case("a name that nobody chose is replaced where it is taken")
def _():
    # exec(2) keeps the process id, so that the name is known before.
    starter = process.Process(["sh", "-c", "read line; exec \"$@\"", "sh", process.NETNS_RUN, "--",
                               "sh", "-c", "echo runs; exec sleep 1000"],
                              stdin=process.subprocess.PIPE)
    with control.squat(f"run-{starter.pid}"):
        starter.stdin.write(b"\n")
        starter.stdin.flush()
        starter.says("runs")
        tap.equal(control.ask(f"run-{starter.pid}-2", "info")["pid"], starter.pid)


@tap.case("names that would not do are refused")
def _():
    for name in ("", "a/b", "-x", "a,b", "x" * 64):
        result = process.netns_run(f"--name={name}", "--", "true")
        tap.equal(result.status, 125)
        tap.contains(result.err, "--name")


@tap.case("from the guest no control socket can be reached")
def _():
    running("--name", "web")
    for options in ((), ("--map-root",), ("--share-pid",)):
        tried = process.netns_run(*options, "--", *control.client("web", "info"))
        tap.true(tried.status != 0, tried.out)
        tap.contains(tried.err, "ConnectionRefusedError")
    # The client itself is able to.
    tap.contains(process.succeeds(process.run(control.client("web", "info"))), '"web"')


@tap.case("another user gets no answer")
def _():
    if not host.is_really_root():
        tap.skip("there is no other user below a user namespace")
    running("--name", "web")
    for other in ("--reuid=47003", "--reuid=0"):
        tried = process.run(["setpriv", other, "--clear-groups", *control.client("web", "info")],
                            user=False)
        tap.equal(tried.out, "")
    tap.equal(control.ask("web", "info")["name"], "web")


@tap.case("a helper that follows a dead one listens under the same name, with the same start")
def _():
    for options in (("--name", "web"), ()):
        instance = running(*options)
        [name] = control.names()
        before = control.ask(name, "info")
        first = helper.helper_of(instance)
        os.kill(first, signal.SIGKILL)
        helper.helper_of(instance, but=first)
        waiting.until(lambda: control.names() == [name], "the socket's return")
        tap.equal(control.ask(name, "info"), before)
        instance.signal(signal.SIGTERM)
        instance.wait()
        waiting.until(lambda: not control.names(), "the end of the name")


@tap.case("a helper whose name somebody has taken meanwhile serves without a control socket")
def _():
    instance = running("--name", "web", "-p", "127.0.0.1:8080:80")
    first = helper.helper_of(instance)
    instance.signal(signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    waiting.until(lambda: not control.names(), "the end of the first socket")
    with control.squat("web"):
        instance.signal(signal.SIGCONT)
        instance.says("going on without a control socket")
        helper.helper_of(instance, but=first)
    tap.true(instance.is_running(), instance.err)


tap.main()
