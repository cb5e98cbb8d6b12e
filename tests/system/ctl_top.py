#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-ctl top: a live table on a terminal, which is afterwards as it was; text elsewhere."""

import signal
import termios

from support import host, process, tap, waiting
from support.control import NETNS_CTL, ctl, ctl_json
from support.terminal import CTRL_C, CTRL_Z, Terminal

remote = host.Remote()
# The other screen, and back.
ENTERS, LEAVES = r"\x1b\[\?1049h", r"\x1b\[\?1049l"
BUSY = ("import socket, time\nc = socket.create_connection(('{}', 7000))\n"
        "print('up', flush=True)\nwhile True: c.sendall(bytes(20000)); time.sleep(0.05)")


def busy_guest() -> process.Process:
    process.peer("tcp-sink", "", 7000, inside=remote.pid)
    return process.start_netns_run("--name", "web", "--", *process.PYTHON, "-c",
                                   BUSY.format(remote.v4)).says("up")


def on_terminal(*words: str, rows: int = 24, columns: int = 120) -> Terminal:
    return Terminal([NETNS_CTL, "top", *words], rows, columns).shows(ENTERS)


def mode_of(terminal: Terminal) -> list:
    return termios.tcgetattr(terminal.master)[:4]


@tap.case("the instances with their rates are drawn again and again, until q")
def _():
    guest = busy_guest()
    terminal = on_terminal()
    terminal.shows("NAME +PID").shows(rf"web +{guest.pid} .*python3")
    # Once there are two looks there is a rate.
    terminal.shows(rf"web +{guest.pid} +\d+[sm] +\d+K")
    terminal.types("x").types("q").shows(LEAVES)
    tap.equal(terminal.ends(), 0)


@tap.case("the connections of one instance, with the process")
def _():
    busy_guest()
    terminal = on_terminal("web")
    terminal.shows("PROTO +DIRECTION").shows(r"tcp +out +ESTABLISHED .*:7000 +\d+K .*python3")
    terminal.types(CTRL_C).shows(LEAVES)
    tap.equal(terminal.ends(), 0)


@tap.case("the terminal is as it was after q, Ctrl-C and SIGTERM; Ctrl-Z gives it back meanwhile")
def _():
    for leave in (b"q", CTRL_C, signal.SIGTERM):
        shell = Terminal(["sh", "-i"])
        shell.shows("> ")
        before = mode_of(shell)
        shell.types(f"{NETNS_CTL} top; echo status $?\n").shows(ENTERS)
        waiting.until(lambda: mode_of(shell) != before, "the mode of top")
        shell.types(CTRL_Z).shows(LEAVES).shows("> ")
        waiting.until(lambda: mode_of(shell)[3] & termios.ICANON, "the mode of the shell")
        shell.types("fg\n").shows(ENTERS).shows("NAME")
        waiting.until(lambda: not mode_of(shell)[3] & termios.ICANON, "the mode of top")
        if isinstance(leave, bytes):
            shell.types(leave)
        else:
            process.run(["kill", "-TERM", str(shell.foreground_group())])
        shell.shows(LEAVES).shows("> ")
        tap.equal(mode_of(shell), before)
        shell.types("exit\n")
        shell.ends()


@tap.case("no line is longer than the terminal is wide, also when that changes")
def _():
    guest = busy_guest()
    terminal = on_terminal(columns=40)
    terminal.shows(rf"web +{guest.pid} +\d+[sm]")
    tap.true("COMMAND" not in terminal.before.decode(), "the end of the head is cut")
    terminal.resize(24, 120)
    terminal.shows("COMMAND")
    terminal.types("q").ends()


@tap.case("the end of the instance that is looked at is told, on the screen from before")
def _():
    guest = busy_guest()
    terminal = on_terminal("web").shows("PROTO")
    guest.signal(signal.SIGTERM)
    terminal.shows(LEAVES)
    tap.true(terminal.ends() in (1, 3), "the status")


@tap.case("once, or into a pipe, it is text; --json gives the numbers")
def _():
    guest = busy_guest()
    for result in (ctl("top"), process.run([NETNS_CTL, "top", "--once"])):
        lines = process.succeeds(result).splitlines()
        tap.equal(lines[0].split()[:2], ["NAME", "PID"])
        tap.contains(lines[1], f" {guest.pid} ", "python3")
        tap.true("\x1b" not in result.out, "no escape sequences")
    [row] = ctl_json("top")
    tap.equal((row["name"], row["pid"], row["tcp"]), ("web", guest.pid, 1))
    tap.true(row["bytes_from_guest_per_s"] > 0, f"{row}")
    [flow] = ctl_json("top", "web")
    tap.true(flow["bytes_to_host_per_s"] > 0, f"{flow}")
    tap.contains(process.succeeds(ctl("top", "web")), "SENT/s", "python3")


@tap.case("mistakes have their status")
def _():
    tap.equal(ctl("top", "web").status, 3)
    for words, text in ((("top", "a", "b"), "top [NAME]"), (("ps", "--once"), "--once is for top")):
        result = ctl(*words)
        tap.equal(result.status, 2)
        tap.contains(result.err, text)


tap.main()
