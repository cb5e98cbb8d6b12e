#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the host may do to a helper at work: traffic that can go on goes on, the rest ends with a
message. System calls fail by strace(1); see support/faults.py."""

import os
import pathlib
import signal

from support import faults, host, process, tap, waiting
from support.faults import Fault
from support.target import Helper, Target

API = "/tmp/api.sock"
REMOTE_PORT = 7000
MEGABYTE = 1 << 20


def start(fault: Fault | None = None) -> tuple[Target, Helper]:
    """`fault` begins late enough to spare the start."""
    if fault and host.is_sanitized():
        tap.skip("the sanitizers' own calls would fail")
    target = Target()
    helper = Helper(target, "-c", exit_fd=True, api_path=API,
                    wrapper=fault.wrapper() if fault else ())
    return target, helper.ready()


def finish(helper: Helper) -> None:
    helper.hang_up()
    tap.equal(helper.process.wait().status, 0, helper.process.err)
    was_injected = faults.was_injected()
    faults.forget_trace()
    tap.true(was_injected or not helper.is_wrapped, "no fault met a call")


def works(target: Target, helper: Helper) -> None:
    """Bytes out and in, datagrams, and the API."""
    sent = target.run(*process.PEER, "tcp-send", "10.0.2.2", REMOTE_PORT, MEGABYTE)
    count, digest, *received = sent.split()
    tap.equal(received, [count, digest], "out")
    forward = helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8080, guest_port=80)
    inside = target.start(*process.PEER, "tcp-sink", "0.0.0.0", 80).says("listening")
    client = process.peer("tcp-send", "127.0.0.1", 8080, MEGABYTE).wait(60)
    count, digest, *received = process.succeeds(client).split()
    tap.equal(received, [count, digest], "in")
    target.run(*process.PEER, "udp-ask", "10.0.2.2", REMOTE_PORT, 100, 5)
    tap.equal(helper.ask({"execute": "remove_hostfwd", "arguments": {"id": forward}}),
              {"return": {}})
    inside.end()
    host.of_this_case.remove(inside)


def start_servers() -> None:
    process.peer("tcp-sink", "127.0.0.1", REMOTE_PORT)
    process.peer("udp-echo", "127.0.0.1", REMOTE_PORT)


MOVERS = "read,readv,write,writev,sendmsg,recvmsg,sendmmsg,recvmmsg,sendto,recvfrom"
for error in ("EINTR", "EAGAIN"):
    @tap.case(f"every third call that moves data answers {error}: all arrives all the same", 120)
    def _(error=error):
        start_servers()
        target, helper = start(Fault(MOVERS, error, "60+3"))
        works(target, helper)
        finish(helper)


@tap.case("waiting is interrupted again and again: all arrives all the same", 120)
def _():
    start_servers()
    target, helper = start(Fault("epoll_wait,poll", "EINTR", "20+2"))
    works(target, helper)
    finish(helper)


for error in ("ENOBUFS", "ENOMEM"):
    @tap.case(f"every tenth call that sends answers {error}: the helper goes on", 120)
    def _(error=error):
        process.peer("tcp-echo", "127.0.0.1", 7001)
        target, helper = start(Fault("sendmsg,sendto,writev,write", error, "60+10"))
        # A connection whose socket refuses may be reset; none may hang, and no other suffers.
        ask = " ".join(process.PEER) + " tcp-echo-ask 10.0.2.2 7001"
        outcomes = target.run(
            "sh", "-c", f"for i in $(seq 40); do timeout 20 {ask} 2>/dev/null; "
            "case $? in 0) ;; 124) echo hung ;; *) echo reset ;; esac; done",
            seconds=100).splitlines()
        tap.true("hung" not in outcomes, f"{outcomes}")
        tap.true(outcomes.count("there and back") > 20, f"{outcomes}")
        tap.true(helper.process.is_running(), helper.process.err)
        finish(helper)


for error in ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"):
    @tap.case(f"no new sockets for a while ({error}): open connections go on, new ones are "
              "refused with a word, later ones work", 120)
    def _(error=error):
        process.peer("tcp-echo", "127.0.0.1", 7001)
        target, helper = start(Fault("socket", error, "20..40"))
        old = target.start(*process.PEER, "tcp-ask-on", "10.0.2.2", 7001)
        waiting.until(lambda: "2\n" in old.out, "the old connection")
        outcomes = target.run("sh", "-c", "for i in $(seq 60); do "
                              f"{' '.join(process.PEER)} connect 10.0.2.2 7001; done",
                              seconds=100).splitlines()
        tap.equal((outcomes[0], outcomes[-1]), ("connected", "connected"), f"{outcomes}")
        tap.true(5 < outcomes.count("connected") < 55, f"{outcomes}")
        tap.contains(helper.process.err, "refused a TCP connection")
        before = old.out.count("\n")
        waiting.until(lambda: old.out.count("\n") > before + 2, "more of the old connection")
        old.end()
        host.of_this_case.remove(old)
        finish(helper)


@tap.case("accept fails for a while: clients of a published port and of the API are served later",
          120)
def _():
    target, helper = start(Fault("accept4", "EMFILE", "3..5"))
    target.start(*process.PEER, "tcp-echo", "0.0.0.0", 80).says("listening")
    for number in range(8):
        port = helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8000 + number,
                          guest_port=80)
        tap.equal(port, number + 1)
        asked = process.peer("tcp-echo-ask", "127.0.0.1", 8000 + number).wait()
        tap.equal(process.succeeds(asked), "there and back\n")
    finish(helper)


for name, redirection in (("a full disk", "2>/dev/full"), ("closed", "2>&-"),
                          ("closed, with the other two", "<&- >&- 2>&-"),
                          ("a pipe that nobody reads", "2>/tmp/pipe"),
                          ("a pipe whose reader has gone", "2>/tmp/pipe")):
    @tap.case(f"standard error is {name}: the traffic goes on")
    def _(name=name, redirection=redirection):
        reader = -1
        if "pipe" in name:
            os.mkfifo("/tmp/pipe")
            os.chmod("/tmp/pipe", 0o666)
            reader = os.open("/tmp/pipe", os.O_RDWR)
        target = Target()
        helper = Helper(target, "-c", "--disable-host-loopback", exit_fd=True, api_path=API,
                        wrapper=["sh", "-c", f'exec "$@" {redirection}', "sh"]).ready()
        if name.endswith("gone"):
            os.close(reader)
        # Each is denied and would be logged.
        for port in range(1, 60):
            target.try_run("bash", "-c", f"exec 3<>/dev/tcp/10.0.2.2/{port}")
            if port == 3:
                helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8080, guest_port=80)
        target.start(*process.PEER, "tcp-echo", "0.0.0.0", 80).says("listening")
        asked = process.peer("tcp-echo-ask", "127.0.0.1", 8080).wait()
        tap.equal(process.succeeds(asked), "there and back\n")
        helper.hang_up()
        tap.equal(helper.process.wait().status, 0)
        if reader >= 0:
            os.unlink("/tmp/pipe")
            if not name.endswith("gone"):
                os.close(reader)


@tap.case("netns-run with a full disk as standard error runs its command")
def _():
    said = process.run(["sh", "-c", f"exec {process.NETNS_RUN} -- "
                        "bash -c 'for i in 1 2 3; do : >/dev/tcp/10.0.2.2/$i; done; echo end' "
                        "2>/dev/full"])
    tap.equal((said.status, said.out), (0, "end\n"))


@tap.case("the TAP is deleted: the helper says so and ends, and removes its socket")
def _():
    target, helper = start()
    target.run("ip", "link", "delete", "tap0")
    result = helper.process.wait(10)
    tap.true(result.status != 0, f"status {result.status}")
    tap.true(result.err.strip(), "no message")
    waiting.until(lambda: not os.path.exists(API), "the API socket's end")


@tap.case("the process of the namespace is killed: the helper ends, and removes its socket")
def _():
    target, helper = start()
    target.holder.signal(signal.SIGKILL)
    tap.equal(helper.process.wait(10).status, 0)
    waiting.until(lambda: not os.path.exists(API), "the API socket's end")


def outside_of(helper: Helper) -> int:
    pid = helper.process.pid
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@tap.case("the process outside is killed: the traffic goes on, or the helper ends with a word")
def _():
    start_servers()
    target, helper = start()
    os.kill(outside_of(helper), signal.SIGKILL)
    waiting.until(lambda: helper.process.err or not helper.process.is_running(), "a word about it")
    tap.contains(helper.process.err, "netns-slirp: ")
    if helper.process.is_running():
        works(target, helper)
        helper.hang_up()
        helper.process.wait(10)
    if os.path.exists(API):
        os.unlink(API)  # Whoever removes it has been killed.


tap.main()
