#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Status, signals, input and output of the command are as if it had been run directly."""

import pathlib
import signal
import subprocess

from support import host, process, tap, waiting


def status(*command: str) -> int:
    return process.netns_run("--", *command).status


@tap.case("the command's exit status is netns-run's: 0, 3, 255")
def _():
    tap.equal(status("true"), 0)
    tap.equal(status("sh", "-c", "exit 3"), 3)
    tap.equal(status("sh", "-c", "exit 255"), 255)


@tap.case("a command that signal n ended gives 128 + n")
def _():
    for name in ("TERM", "KILL", "SEGV", "HUP"):
        tap.equal(status("sh", "-c", f"ulimit -c 0; kill -{name} $$"),
                  128 + getattr(signal, f"SIG{name}"), name)


@tap.case("a command that does not exist gives 127 and is named")
def _():
    for name in ("no-such-command", "/no/such/command", "./no-such-command", ""):
        result = process.netns_run("--", name)
        tap.equal(result.status, 127)
        tap.contains(result.err, "netns-run: ", name)


@tap.case("a command that cannot be executed gives 126 and is named")
def _():
    for name in ("/etc/passwd", "/etc"):
        result = process.netns_run("--", name)
        tap.equal(result.status, 126)
        tap.contains(result.err, "netns-run: ", name)


@tap.case("a failure of netns-run itself gives 125")
def _():
    tap.equal(process.netns_run("--no-such-option", "--", "true").status, 125)
    tap.equal(process.netns_run().status, 125)


@tap.case("SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1 and SIGUSR2 of netns-run reach the command")
def _():
    for name in ("TERM", "HUP", "INT", "QUIT", "USR1", "USR2"):
        running = process.start_netns_run(
            "--", "sh", "-c", f"trap 'echo got {name}; exit 7' {name}; echo up; "
            "while :; do sleep 0.05; done").says("up")
        running.signal(getattr(signal, f"SIG{name}"))
        result = running.wait()
        tap.equal((name, result.status), (name, 7))
        tap.contains(result.out, f"got {name}")


@tap.case("a command that does not handle SIGTERM ends by it")
def _():
    running = process.start_netns_run("--", "sh", "-c", "echo up; exec sleep 60").says("up")
    running.signal(signal.SIGTERM)
    tap.equal(running.wait().status, 128 + signal.SIGTERM)


@tap.case("a stopped command that is continued or killed from inside takes netns-run along")
def _():
    for signal_name, status in (("CONT", 7), ("KILL", 128 + signal.SIGKILL)):
        stopped = process.start_netns_run(
            "--", "bash", "-c", f"exec 3<&0; (read x <&3; kill -{signal_name} $$) & "
            "kill -STOP $$; exit 7", stdin=subprocess.PIPE)
        stat = pathlib.Path(f"/proc/{stopped.pid}/stat")
        waiting.until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T",
                      "netns-run to stop")
        stopped.stdin.write(b"\n")
        stopped.stdin.flush()
        tap.equal(stopped.wait().status, status)


@tap.case("signals that the caller ignores stay ignored, others are as new")
def _():
    shown = process.run(["sh", "-c", f"trap '' USR1; exec {process.NETNS_RUN} -- "
                         "grep -E '^Sig(Ign|Blk)' /proc/self/status"]).out
    values = dict(line.split(":\t") for line in shown.splitlines())
    tap.equal(int(values["SigBlk"], 16), 0)
    ignored_directly = process.run(["grep", "^SigIgn", "/proc/self/status"]).out
    tap.equal(int(values["SigIgn"], 16),
              int(ignored_directly.split()[1], 16) | 1 << (signal.SIGUSR1 - 1))


@tap.case("signals that the caller ignores do not end the start either, others do")
def _():
    folder = host.folder_for_files("slow-helper")
    helper = folder / "helper"
    helper.write_text(f"#!/bin/sh\necho waiting >&2\nuntil [ -e {folder}/go ]; do sleep 0.05; done\n"
                      f'exec {process.NETNS_SLIRP} "$@"\n')
    helper.chmod(0o755)
    for preparation, expected in (("trap '' HUP", 0), (":", 128 + signal.SIGHUP)):
        (folder / "go").unlink(missing_ok=True)
        starting = process.Process(
            ["sh", "-c", f"{preparation}; exec {process.NETNS_RUN} true"],
            env={"NETNS_SLIRP": str(helper)}).says("waiting")
        starting.signal(signal.SIGHUP)
        if expected != 0:
            tap.equal(starting.wait().status, expected)
        (folder / "go").touch()
        tap.equal(starting.wait().status, expected)


@tap.case("standard input, output and error are the command's own")
def _():
    result = process.run([process.NETNS_RUN, "--", "sh", "-c", "cat; echo to-err >&2"],
                         text="to-out\n")
    tap.equal((result.out, result.err, result.status), ("to-out\n", "to-err\n", 0))


@tap.case("it works in a pipe, and a closed pipe ends it")
def _():
    shown = process.run(["bash", "-c", f"set -o pipefail; seq 100000 | {process.NETNS_RUN} cat | "
                         f"{process.NETNS_RUN} tail -n 1"])
    tap.equal((shown.status, shown.out), (0, "100000\n"))
    broken = process.run(["bash", "-c", f"{process.NETNS_RUN} -- yes | head -n 1; "
                          "echo ${PIPESTATUS[0]}"])
    tap.equal(broken.out, f"y\n{128 + signal.SIGPIPE}\n")


@tap.case("it works with standard input, output and error closed")
def _():
    marker = host.folder_for_files("closed") / "ran"
    for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
        marker.unlink(missing_ok=True)
        result = process.run(["sh", "-c", f"exec {process.NETNS_RUN} -- sh -c 'ls /proc/self/fd | "
                              f"wc -l >{marker}; exit 5' {closed}"])
        tap.equal((closed, result.status, marker.exists()), (closed, 5, True))


@tap.case("open file descriptors of the caller reach the command, and no others do")
def _():
    shown = process.run(["bash", "-c", f"exec 7</etc/passwd; exec {process.NETNS_RUN} -- "
                         "ls /proc/self/fd"]).out
    # 3 is what ls(1) reads the folder with.
    tap.equal(shown.split(), ["0", "1", "2", "3", "7"])


@tap.case("environment and working directory are the caller's")
def _():
    folder = host.folder_for_files("a folder")
    shown = process.netns_run("--", "sh", "-c", "pwd; echo $MARK", cwd=folder,
                              env={"MARK": "of the test"})
    tap.equal(shown.out, f"{folder}\nof the test\n")
    directly = process.run(["env"]).out.splitlines()
    tap.equal(sorted(process.in_guest("env").splitlines()), sorted(directly))


@tap.case("options of the command are the command's, with and without --")
def _():
    tap.equal(process.netns_run("echo", "-p", "--help", "x").out, "-p --help x\n")
    tap.equal(process.netns_run("--", "echo", "-n", "--", "x").out, "-- x")


@tap.case("umask, limits and nice value are the caller's")
def _():
    def shown_by(launcher: str) -> process.Result:
        return process.run(["sh", "-c", "umask 027; ulimit -n 99; exec nice -n 5 "
                            f"{launcher} sh -c 'umask; ulimit -n; nice'"])

    shown = shown_by(f"{process.NETNS_RUN} --")
    tap.equal(shown.out, shown_by("").out, shown.err)
    tap.contains(shown.out, "0027\n99\n")


@tap.case("twenty launches at once all work", seconds=150)
def _():
    launches = [process.start_netns_run("-p", f"{8000 + n}:80", "--", "sh", "-c",
                                        f"ip -brief address show tap0; exit {n}")
                for n in range(20)]
    for number, launch in enumerate(launches):
        result = launch.wait(120)
        tap.equal(result.status, number, result.err)
        tap.contains(result.out, "10.0.2.100/24")


@tap.case("forty launches one after the other leave nothing", seconds=150)
def _():
    for _ in range(40):
        tap.equal(status("true"), 0)


tap.main()
