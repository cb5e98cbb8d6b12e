#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""On a terminal, netns-run is not noticed: keys, job control, window size, hang-up."""

import signal

from support import host, process, tap, waiting
from support.terminal import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Terminal

NETNS_RUN = process.NETNS_RUN
# Without line editing: no escape sequences on the screen.
PLAIN_DASH = ("dash", "-i")
PLAIN_BASH = ("bash", "--norc", "--noprofile", "--noediting", "-i")


def shell() -> Terminal:
    """An interactive shell of the host, to start netns-run from."""
    return Terminal(PLAIN_BASH, prompt="host> ").shows("host> ")


@tap.case("Ctrl-C ends a command as it does without netns-run: 130")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} sh -c 'echo u''p; exec sleep 60'\n").shows("up")
    terminal.types(CTRL_C).shows("host> ")
    terminal.types("echo status=$?\n").shows("\nstatus=130")


@tap.case("Ctrl-C ends the script and the loop that netns-run is run in, not only the command")
def _():
    terminal = shell()
    terminal.types(f"sh -c '{NETNS_RUN} sh -c \"echo u''p; exec sleep 60\"; echo went-''on'\n")
    terminal.shows("up").types(CTRL_C).shows("host> ")
    tap.lacks(terminal.before.decode(), "went-on")
    terminal.types(f"for i in 1 2; do {NETNS_RUN} sh -c 'echo u''p; exec sleep 60'; done\n")
    terminal.shows("up").types(CTRL_C).shows("host> ")
    tap.lacks(terminal.before.decode(), "up")


@tap.case("Ctrl-C reaches the command only; one that handles it goes on")
def _():
    terminal = Terminal([NETNS_RUN, "sh", "-c",
                         "trap 'echo caught' INT; echo up; while :; do sleep 0.1; done"])
    terminal.shows("up")
    for _ in range(3):
        terminal.types(CTRL_C).shows("caught")
    tap.true(terminal.process.is_running(), "netns-run has ended")


@tap.case("Ctrl-C leaves the network of a command that handles it untouched")
def _():
    terminal = Terminal([NETNS_RUN, "bash", "-c",
                         "trap 'ping -c1 -W5 10.0.2.2 >/dev/null && echo online' INT; echo up; "
                         "while :; do sleep 0.1; done"])
    terminal.shows("up").types(CTRL_C).shows("online")


@tap.case("Ctrl-\\ quits the command: 131")
def _():
    terminal = shell()
    terminal.types(f"ulimit -c 0; {NETNS_RUN} sh -c 'echo u''p; exec sleep 60'\n").shows("up")
    terminal.types(CTRL_BACKSLASH).shows("host> ")
    terminal.types("echo status=$?\n").shows("\nstatus=131")


@tap.case("Ctrl-Z stops the job, bg and fg continue it")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} sh -c 'echo u''p; read x; echo got=$x'\n").shows("up")
    terminal.types(CTRL_Z).shows("Stopped").shows("host> ")
    terminal.types("jobs\n").shows("Stopped.*netns-run").shows("host> ")
    terminal.types("fg\n").shows("netns-run")
    terminal.types("hello\n").shows("got=hello").shows("host> ")


@tap.case("Ctrl-Z and fg, three times over")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} cat\n")
    for number in range(3):
        terminal.types(f"line{number}\n").shows(f"line{number}\r\nline{number}\r\n")
        terminal.types(CTRL_Z).shows("Stopped").shows("host> ")
        terminal.types("fg\n").shows("netns-run")
    terminal.types("last\n").shows("last\r\nlast").types(CTRL_D).shows("host> ")


@tap.case("a command that stops itself stops netns-run; kill -CONT continues it")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} sh -c 'kill -STOP $$; echo went-''on'\n").shows("Stopped")
    terminal.types("kill -CONT %1; wait %1\n").shows("went-on")


@tap.case("the command sees the window's size, and SIGWINCH when it changes")
def _():
    terminal = Terminal([NETNS_RUN, "bash", "-c",
                         "trap 'stty size' WINCH; stty size; echo up; while :; do sleep 0.1; done"],
                        rows=30, columns=90)
    terminal.shows("30 90").shows("up")
    terminal.resize(40, 120)
    terminal.shows("40 120")


@tap.case("an interactive shell in the guest has job control of its own")
def _():
    terminal = Terminal([NETNS_RUN, *PLAIN_BASH], prompt="guest> ").shows("guest> ")
    terminal.has_job_control("guest> ")
    terminal.types("echo status=$?\n").shows("\nstatus=130").shows("guest> ")
    terminal.types("exit 9\n")
    tap.equal(terminal.ends(), 9)


@tap.case("a shell in the guest shows no complaint about the terminal")
def _():
    terminal = Terminal([NETNS_RUN, *PLAIN_BASH], prompt="guest> ").shows("guest> ")
    tap.lacks(terminal.before.decode(), "no job control", "terminal process group")
    terminal.types("tty; echo done\n").shows(r"/dev/pts/\d+\r\ndone")
    terminal.types("exit\n")
    tap.equal(terminal.ends(), 0)


@tap.case("dash in the guest leaves with the status that it was told, from a shell and from a terminal")
def _():
    terminal = Terminal([NETNS_RUN, *PLAIN_DASH], prompt="guest> ").shows("guest> ")
    terminal.types("exit 5\n")
    tap.equal(terminal.ends(), 5)
    terminal = shell()
    for _ in range(2):
        terminal.types(f"PS1='guest> ' {NETNS_RUN} dash -i\n").shows("\nguest> ")
        terminal.has_job_control("guest> ")
        terminal.types("exit 6\n").shows("host> ")
        tap.lacks(terminal.before.decode(), "process group")
        terminal.types("echo status=$?\n").shows("\nstatus=6").shows("host> ")


@tap.case("dash in a netns-run in netns-run leaves with the status that it was told")
def _():
    terminal = Terminal([NETNS_RUN, NETNS_RUN, *PLAIN_DASH], prompt="guest> ").shows("guest> ")
    terminal.types("exit 5\n")
    tap.equal(terminal.ends(), 5)


@tap.case("Ctrl-Z where no shell could continue it: the command goes on")
def _():
    terminal = Terminal([NETNS_RUN, "sh", "-c", "echo up; while read x; do echo got=$x; done"])
    terminal.shows("up").types(CTRL_Z).types("word\n").shows("got=word").types(CTRL_D)
    tap.equal(terminal.ends(), 0)


@tap.case("Ctrl-Z stops all processes of the command, and fg continues all of them")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} sh -c 'echo u''p; cat | sed -u s/w/W/; echo e''nd'\n").shows("up")
    for _ in range(2):
        terminal.types("word\n").shows("Word\r\n")
        terminal.types(CTRL_Z).shows("Stopped").shows("host> ")
        # A cat that is still about to stop could take what is typed.
        waiting.until(lambda: process.run(["pgrep", "--runstates=T", "-xc", "cat|sed"]).out == "2\n",
                      "all of the pipe to stop")
        terminal.types("fg\n").shows("netns-run sh -c")
    terminal.types(CTRL_D).shows("end").shows("host> ")


@tap.case("a job that was continued in the background gets keys again after fg")
def _():
    # No shell: Ctrl-Z between its vfork(2) and the execution of a program stops only the child.
    script = host.folder_for_files("scripts") / "catches"
    script.write_text("import signal\nsignal.signal(signal.SIGINT, lambda *_: print('caught', flush=True))\n"
                      "print('up', flush=True)\nwhile True:\n    signal.pause()\n")
    terminal = shell()
    group_of_shell = terminal.foreground_group()
    terminal.types(f"{NETNS_RUN} python3 {script}\n").shows("up").types(CTRL_Z).shows("host> ")
    terminal.types("bg\n").shows("host> ").types("fg\n").shows("netns-run python3")
    waiting.until(lambda: terminal.foreground_group() != group_of_shell, "the job in front")
    terminal.types(CTRL_C).shows("caught")
    terminal.types(CTRL_BACKSLASH).shows("host> ")
    terminal.types("echo status=$?\n").shows("\nstatus=131")


@tap.case("a command at the head of a pipeline leaves the terminal to the pager behind it")
def _():
    terminal = shell()
    # It outlives the first screens: nobody reads all that.
    terminal.types(f"{NETNS_RUN} seq 99999999 | less\n")
    terminal.shows("20\r\n").types(" ").shows("40\r\n").types("q").shows("host> ")


@tap.case("vim edits and saves a file in the guest")
def _():
    file = host.folder_for_files("edited") / "text"
    terminal = Terminal([NETNS_RUN, "vim", "-u", "NONE", "-N", str(file)])
    terminal.shows("text").types("ihello from vim\x1b").shows("hello from vim").types(":wq\r")
    tap.equal(terminal.ends(), 0)
    tap.equal(file.read_text(), "hello from vim\n")


@tap.case("less pages and quits in the guest")
def _():
    terminal = Terminal([NETNS_RUN, "sh", "-c", "seq 1000 | less"])
    terminal.shows("20\r\n").types("G").shows("1000").types("q")
    tap.equal(terminal.ends(), 0)


@tap.case("the terminal is in its old state after a command that changed it was killed")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} sh -c 'echo u''p; exec sleep 60'\n").shows("up")
    terminal.types(CTRL_C).shows("host> ")
    terminal.types("stty -a | grep -c ' echo '\n").shows(r"\n1\r\n")


@tap.case("netns-run in the background of a shell does not touch the terminal")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} sh -c 'sleep 0.3; echo in-the-''back' & echo in-''front\n")
    terminal.shows("in-front").shows("in-the-back")
    terminal.types("wait; echo status=$?\n").shows("\nstatus=0")


def count_stopped(terminal: Terminal) -> int:
    terminal.types("jobs -s | wc -l\n").shows(r"\n[01]\r\n")
    return int(terminal.last)


@tap.case("a background command that reads the terminal is stopped, as without netns-run")
def _():
    terminal = shell()
    terminal.types(f"{NETNS_RUN} cat &\n").shows("host> ")
    waiting.until(lambda: count_stopped(terminal) == 1, "the job to stop")
    terminal.types("fg\n").shows(r"(?m)^(host> )?/\S*netns-run cat\r\n")
    terminal.types("typed\n").shows("typed\r\ntyped")
    terminal.types(CTRL_D).shows("host> ")


@tap.case("closing the terminal hangs up: the command and all else end")
def _():
    terminal = Terminal([NETNS_RUN, "sh", "-c", "echo up; exec sleep 60"])
    terminal.shows("up").close()
    tap.equal(terminal.process.wait().status, 128 + signal.SIGHUP)


tap.main()
