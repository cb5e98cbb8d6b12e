#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each system call of the start fails in turn (support/faults.py). Either the failure is borne and
everything works, or there is one clear message, the documented status, and nothing is left.

With NSRUN_FAULTS_ALL=1 it is every call of every process; without, some of each kind. With
NSRUN_FAULTS_CALLS=REGEX only the calls that it matches."""

import os
import pathlib
import re

from support import faults, host, process, tap, waiting
from support.control import NETNS_CTL
from support.faults import Fault
from support.target import Helper, Target

IS_ALL = os.environ.get("NSRUN_FAULTS_ALL") == "1"
SECONDS = 3600 if IS_ALL else 240
API = "/tmp/api.sock"
SOCKETS = (API, "/tmp/web.sock")

# A sample of each kind: what makes namespaces, the TAP, sockets, mounts, processes, threads; what
# locks down; what passes messages. Numbers of calls as in November 2026: those that no longer
# happen are no failure, but the case says how many did.
SAMPLE = [Fault(call, error, when) for call, error, whens in (
    ("socket", "EMFILE", "1"), ("socketpair", "ENFILE", "12"), ("unshare", "EPERM", "1"),
    ("clone", "EAGAIN", "123"), ("clone3", "EAGAIN", "1"), ("mount", "EPERM", "1357"),
    ("ioctl", "EPERM", "1234"), ("pivot_root", "EPERM", "1"), ("umount2", "EPERM", "1"),
    ("setsid", "EPERM", "1"), ("capset", "EPERM", "1"), ("sendmsg", "ENOBUFS", "1234"),
    ("recvmsg", "ENOMEM", "1234"), ("sendto", "ENOBUFS", "13"), ("epoll_create1", "EMFILE", "1"),
    ("eventfd2", "ENFILE", "12"), ("signalfd4", "EMFILE", "1"), ("pidfd_open", "EMFILE", "12"),
    ("openat", "EMFILE", "57"), ("mkdir", "ENOSPC", "1"), ("prlimit64", "EPERM", "1"),
    ("close_range", "ENOMEM", "12"), ("chdir", "EACCES", "1"), ("execve", "ENOENT", "12"),
    ("poll", "ENOMEM", "1"), ("write", "EIO", "1"), ("setns", "EPERM", "12"),
    ("inotify_init1", "EMFILE", "1"), ("bind", "ENOBUFS", "1"), ("listen", "ENOBUFS", "1"),
    ("seccomp", "EINVAL", "5"),
) for when in whens]
SAMPLE_OF_EXEC = [Fault(call, error, when) for call, error, whens in (
    ("socket", "EMFILE", "12"), ("connect", "EPERM", "12"), ("sendto", "ENOBUFS", "1"),
    ("recvfrom", "EIO", "12"), ("recvmsg", "ENOMEM", "1"), ("pidfd_open", "EMFILE", "123"),
    ("setns", "EPERM", "1234"), ("clone", "EAGAIN", "1"), ("signalfd4", "EMFILE", "1"),
    ("close_range", "ENOMEM", "123"), ("poll", "ENOMEM", "12"), ("chdir", "EACCES", "1"),
    ("seccomp", "EINVAL", "19"), ("capset", "EPERM", "12"), ("execve", "ENOENT", "1"),
) for when in whens]

# The dynamic loader speaks before main() does, and ld.so(8) has its own status.
LOADER = ("error while loading shared libraries", "cannot allocate TLS", "cannot apply additional",
          "cannot create cache", "FATAL: kernel too old", "Fatal glibc error")


def state() -> set[str]:
    return {line for line in host.state() if "/tmp/trace" not in line}


def leaves_nothing(before: set[str]) -> str:
    try:
        waiting.until(lambda: not state() - before, "", 10)
        return ""
    except tap.Failed:
        return "left over: " + "; ".join(sorted(state() - before))


def has_tidied_up(started: process.Process) -> None:
    """Whoever cannot remove a socket says so, perhaps last of all."""
    for path in SOCKETS:
        waiting.until(lambda path=path: not os.path.exists(path) or
                      f"cannot remove the socket {path}: " in started.err, f"the end of {path}", 10)
        pathlib.Path(path).unlink(missing_ok=True)


def judge_command(started: process.Process, program: str) -> str:
    """What is wrong with a run that shall say "done" or why not; "" if nothing."""
    result = started.wait()
    has_tidied_up(started)
    if result.status == 0 and result.out == "done\n":
        return ""
    if any(text in result.err for text in LOADER):
        return ""
    # /bin/echo itself: its write(2), its loader.
    if result.out == "" and "/bin/echo: " in result.err:
        return ""
    said = f"status {result.status}, said {result.out!r} and {result.err[-600:]!r}"
    if result.status not in (125, 126, 127):
        return said
    if not re.search(f"^{program}: ", result.err, re.MULTILINE):
        return "no message: " + said
    if len(result.err.splitlines()) > 6:
        return "a long story: " + said
    return ""


def judge_netns_run(fault: Fault, *options: str) -> str:
    return judge_command(faults.start(fault, process.NETNS_RUN, *options, "--", "/bin/echo", "done"),
                         "netns-run")


def judge_helper(fault: Fault, target: Target) -> str:
    helper = Helper(target, "-c", exit_fd=True, api_path=API, wrapper=faults.tracing(*fault.words()))
    said = helper.ready_or_end()
    helper.hang_up()
    result = helper.process.wait(30)
    if any(text in result.err for text in LOADER):
        return ""
    about = f"ready {said!r}, status {result.status}, said {result.err[-600:]!r}"
    has_tidied_up(helper.process)
    if said == b"1" and result.status == 0:
        return ""
    if result.status <= 0 or result.status > 125:
        return about
    return "" if "netns-slirp: " in result.err else f"no message: {about}"


def each_is_borne(all_faults: list[Fault], judge) -> None:
    complaints, injected = [], 0
    only = os.environ.get("NSRUN_FAULTS_CALLS", "")
    all_faults = [fault for fault in all_faults if re.search(only, fault.call)]
    kept = len(host.of_this_case)  # a target, or an instance
    for fault in all_faults:
        before = state()
        try:
            complaint = judge(fault)
        except tap.Failed as failure:
            complaint = str(failure)
            for hanging in host.of_this_case[kept:]:
                hanging.end()
        injected += faults.was_injected()
        left = leaves_nothing(before)
        if complaint or left:
            complaints.append(f"{fault}: {complaint} {left}")
            print("#", complaints[-1], flush=True)
    faults.forget_trace()
    print(f"# {injected} of {len(all_faults)} faults met a call")
    tap.true(injected > len(all_faults) / 2, "hardly any fault met a call")
    tap.true(not complaints, f"{len(complaints)} of {len(all_faults)}, see above")


def is_traceable() -> None:
    if host.is_sanitized():
        tap.skip("the sanitizers' own calls would fail")


def chosen_faults(command: list[str], program: str, sample: list[Fault]) -> list[Fault]:
    """The sample, or every call that `command` makes until it executes `program`."""
    if not IS_ALL:
        return sample
    process.succeeds(process.run([*faults.tracing(), *command]))
    return faults.all_single(faults.TRACE.read_text(), program)


for name, options in (("a published port", ["-p", "8080:80"]),
                      ("other means of publishing, and root", [
                          "-p", f"unix:{SOCKETS[1]}:80", "-p", "auto", "-L", "unix:/tmp/service.sock:90",
                          "-L", "9090", "--map-root", "--add-host", "one.test:10.0.2.9", "--hostname", "box",
                          "--api-socket", API])):
    @tap.case(f"netns-run with {name}: each failure of the start is borne or told, and leaves nothing",
              SECONDS)
    def _(options=options):
        is_traceable()
        each_is_borne(chosen_faults([process.NETNS_RUN, *options, "--", "/bin/echo", "done"], '"/bin/echo"', SAMPLE),
                      lambda fault: judge_netns_run(fault, *options))


@tap.case("netns-run --detach: each failure is borne or told by who was called, and leaves nothing", SECONDS)
def _():
    is_traceable()
    words = [process.NETNS_RUN, "--detach", "--name", "here", "--", "/bin/sleep"]
    each_is_borne(chosen_faults([*words, "0"], '"/bin/sleep"', SAMPLE), lambda fault: judge_detached(fault, words))


def judge_detached(fault: Fault, words: list[str]) -> str:
    started = faults.start(fault, *words, "0.01")
    result = started.wait()
    return "" if (result.status, result.out) == (0, "here\n") else judge_command(started, "netns-run")


@tap.case("netns-ctl exec: each failure is borne or told, and the instance goes on", SECONDS)
def _():
    is_traceable()
    process.start_netns_run("--name", "web", "--", "sh", "-c", "echo up; exec sleep 3671").says("up")
    words = [NETNS_CTL, "exec", "web", "/bin/echo", "done"]
    each_is_borne(chosen_faults(words, '"/bin/echo"', SAMPLE_OF_EXEC),
                  lambda fault: judge_command(faults.start(fault, *words), "netns-(ctl|run)"))
    tap.equal(process.succeeds(process.run(words)), "done\n")


@tap.case("netns-slirp: each failure of the start is borne or told, and leaves nothing", SECONDS)
def _():
    is_traceable()
    chosen = SAMPLE
    target = Target()
    if IS_ALL:
        helper = Helper(target, "-c", exit_fd=True, api_path=API, wrapper=faults.tracing()).ready()
        helper.hang_up()
        helper.process.wait()
        chosen = faults.all_single(faults.TRACE.read_text(), "no command")
    each_is_borne(chosen, lambda fault: judge_helper(fault, target))


tap.main()
