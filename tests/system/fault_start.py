#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each system call of the start fails in turn (support/faults.py). Either the failure is borne and
everything works, or there is one clear message, the documented status, and nothing is left.

With NSRUN_FAULTS_ALL=1 it is every call of every process; without, some of each kind. With
NSRUN_FAULTS_CALLS=REGEX only the calls that it matches."""

import os
import re

from support import faults, host, process, tap, waiting
from support.faults import Fault
from support.target import Helper, Target

IS_ALL = os.environ.get("NSRUN_FAULTS_ALL") == "1"
SECONDS = 3600 if IS_ALL else 240
API = "/tmp/api.sock"

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
    ("inotify_init1", "EMFILE", "1"), ("bind", "ENOBUFS", "1"), ("listen", "ENOBUFS", "1"), ("seccomp", "EINVAL", "5"),
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


def judge_netns_run(fault: Fault) -> str:
    """What is wrong; "" if nothing."""
    result = faults.run(fault, process.NETNS_RUN, "-p", "8080:80", "--", "/bin/echo", "done")
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
    if not result.err.startswith("netns-run: ") and "\nnetns-run: " not in result.err:
        return "no message: " + said
    if len(result.err.splitlines()) > 6:
        return "a long story: " + said
    return ""


def judge_helper(fault: Fault, target: Target) -> str:
    helper = Helper(target, "-c", exit_fd=True, api_path=API, wrapper=faults.tracing(*fault.words()))
    said = helper.ready_or_end()
    helper.hang_up()
    result = helper.process.wait(30)
    if any(text in result.err for text in LOADER):
        return ""
    about = f"ready {said!r}, status {result.status}, said {result.err[-600:]!r}"
    if os.path.exists(API):
        try:
            waiting.until(lambda: not os.path.exists(API), "", 10)
        except tap.Failed:
            os.unlink(API)
            # Whoever removes it has ended first, and that was told.
            if "is not removed at the end" in result.err or "cannot remove" in result.err:
                return ""
            return f"the API socket is left: {about}"
    if said == b"1" and result.status == 0:
        return ""
    if result.status <= 0 or result.status > 125:
        return about
    return "" if "netns-slirp: " in result.err else f"no message: {about}"


def each_is_borne(all_faults: list[Fault], judge) -> None:
    complaints, injected = [], 0
    only = os.environ.get("NSRUN_FAULTS_CALLS", "")
    all_faults = [fault for fault in all_faults if re.search(only, fault.call)]
    for fault in all_faults:
        before = state()
        try:
            complaint = judge(fault)
        except tap.Failed as failure:
            complaint = str(failure)
            end_all()
        injected += faults.was_injected()
        left = leaves_nothing(before)
        if complaint or left:
            complaints.append(f"{fault}: {complaint} {left}")
            print("#", complaints[-1], flush=True)
    faults.forget_trace()
    print(f"# {injected} of {len(all_faults)} faults met a call")
    tap.true(injected > len(all_faults) / 2, "hardly any fault met a call")
    tap.true(not complaints, f"{len(complaints)} of {len(all_faults)}, see above")


def end_all() -> None:
    """What hangs, so that the next fault finds a clean host; its target stays."""
    kept = host.of_this_case[:1] if isinstance(host.of_this_case[0], Target) else []
    for hanging in host.of_this_case[len(kept):]:
        hanging.end()


def is_traceable() -> None:
    if host.is_sanitized():
        tap.skip("the sanitizers' own calls would fail")


@tap.case("netns-run: each failure of the start is borne or told, and leaves nothing", SECONDS)
def _():
    is_traceable()
    chosen = SAMPLE
    if IS_ALL:
        process.succeeds(process.run([*faults.tracing(), process.NETNS_RUN, "-p", "8080:80", "--",
                                      "/bin/echo", "done"]))
        chosen = faults.all_single(faults.TRACE.read_text(), '"/bin/echo"')
    each_is_borne(chosen, judge_netns_run)


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
