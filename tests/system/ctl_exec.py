#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""netns-ctl exec and shell: a second command in a running instance, as the first one was run."""

import os
import pathlib
import signal
import subprocess

from support import control, host, process, tap, waiting
from support.control import NETNS_CTL, ctl
from support.helper import helper_of
from support.terminal import CTRL_C, CTRL_D, CTRL_Z, Terminal

KINDS = ("user", "net", "pid", "mnt", "ipc", "uts", "cgroup")
PROBE_ATTACH = (*process.PYTHON, str(host.SOURCE / "tests/support/probe_attach.py"))
PLAIN_BASH = ("bash", "--norc", "--noprofile", "--noediting", "-i")
# What a command must have in common with the first one, each with options under which it differs
# from what netns-ctl has.
SETTINGS = ([], ["--map-root"], ["--map-root", "--cap-drop=ALL", "--cap-add=NET_ADMIN,CHOWN"],
            ["--map-root", "--no-new-privs", "--allow-vsock"], ["--no-new-privs=false"],
            ["--share-pid", "--ipc", "--uts", "--hostname=box", "--cgroup"])
STATUS_LINES = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
                "NoNewPrivs", "Seccomp", "Seccomp_filters", "SigBlk", "SigIgn")
SHOW = ("for kind in " + " ".join(KINDS) + "; do readlink /proc/self/ns/$kind; done; "
        f"grep -E '^({'|'.join(STATUS_LINES)}):' /proc/self/status; pwd; hostname; umask")


def web(*options: str, script: str = "echo up; exec sleep 71", **more) -> process.Process:
    return process.start_netns_run(*options, "--name", "web", "--", "sh", "-c", script,
                                   **more).says("up")


def exec_in_web(*words: str, **more) -> process.Result:
    return process.run([NETNS_CTL, "exec", "web", *words], **more)


def shown(*words: str, **more) -> str:
    return process.succeeds(exec_in_web(*words, **more))


for options in SETTINGS:
    @tap.case(f"namespaces, ids, rights, signals and directory are those of the first command {options}")
    def _(options=options):
        folder = host.folder_for_files("here")
        first = web(*options, script=f"{SHOW}; echo up; exec sleep 71", cwd=folder)
        tap.equal(shown("sh", "-c", SHOW, cwd=folder), first.out.removesuffix("up\n"))


@tap.case("the same with maps of ids, also without the caller")
def _():
    if not host.is_really_root():
        tap.skip("only root maps other ids without tools")
    for options in (["--uid-map", "0:300000:9", "--gid-map", "0:400000:9"],
                    ["--uid-map", "5:0:1", "--uid-map", "0:300000:5"]):
        first = web(*options, script=f"{SHOW}; echo up; exec sleep 71", user=False, cwd="/")
        result = process.run([NETNS_CTL, "exec", "web", "sh", "-c", SHOW], user=False, cwd="/")
        tap.equal(process.succeeds(result), first.out.removesuffix("up\n"))
        process.succeeds(process.run([NETNS_CTL, "stop", "web"], user=False))
        first.wait()


@tap.case("it sees the network, the processes and the files of the instance")
def _():
    web("--map-root", "--add-host", "name.test:10.9.9.9", script="mount -t tmpfs none /mnt; touch "
        "/mnt/made; ip address add 10.8.8.8/32 dev lo; echo up; exec sleep 71")
    text = shown("sh", "-c", "ls /mnt; ip -4 -o address show lo; getent hosts name.test; "
                 "cat /proc/1/comm; pgrep -x sleep | wc -l; ping -c1 -W5 10.0.2.2 | grep -c '1 received'")
    tap.contains(text, "made\n", " 10.8.8.8/32 ", "10.9.9.9", "netns-run\n1\n1\n")


@tap.case("the environment and the standard streams are those of netns-ctl")
def _():
    web(env={"COLOR": "red", "ONLY_FIRST": "x"})
    tap.equal(shown("sh", "-c", "echo $COLOR-$ONLY_FIRST; tr a-z A-Z; echo problem >&2", text="typed\n",
                    env={"COLOR": "blue"}), "blue-\nTYPED\n")
    tap.equal(exec_in_web("sh", "-c", "echo problem >&2").err, "problem\n")


@tap.case("exit statuses: the command's own, 128 + n, 127, 126")
def _():
    web()
    not_executable = host.folder_for_files("files") / "plain"
    not_executable.write_text("no program\n")
    for words, expected in ((["true"], 0), (["sh", "-c", "exit 3"], 3), (["sh", "-c", "kill -9 $$"], 137),
                            (["sh", "-c", "kill -TERM $$"], 143), (["no-such-program"], 127),
                            ([str(not_executable)], 126), (["--", "sh", "-c", "exit 7"], 7)):
        tap.equal((words, exec_in_web(*words).status), (words, expected))
    tap.contains(exec_in_web("no-such-program").err, 'netns-ctl: cannot run "no-such-program"')


@tap.case("into a network that was there before (--netns), and not where no command runs")
def _():
    holder = process.Process(["unshare", "-Urn", "sh", "-c", "echo made; exec sleep 70"]).says("made")
    there = os.readlink(f"/proc/{holder.pid}/ns/net")
    first = web("--netns", str(holder.pid), script=f"{SHOW}; echo up; exec sleep 71")
    text = shown("sh", "-c", SHOW)
    tap.equal(text, first.out.removesuffix("up\n"))
    tap.contains(text, there)
    process.succeeds(ctl("stop", "web"))
    process.start_netns_run("--name", "web", "--netns", str(holder.pid))
    waiting.until(lambda: ctl("stats", "web").status == 0, "the instance")
    result = exec_in_web("echo", "ran")
    tap.equal((result.status, result.out), (125, ""))
    tap.contains(result.err, "it runs no command")


@tap.case("a stopped instance is told from one that lets nobody in")
def _():
    first = web()
    first.signal(signal.SIGSTOP)
    result = exec_in_web("true")
    tap.equal((result.status, result.err), (
        125, "netns-ctl: the instance does not answer; is it stopped?\n"))
    first.signal(signal.SIGCONT)
    shown("true")


@tap.case("no such instance, another user's, nobody's, and a wrong command line")
def _():
    result = exec_in_web("true")
    tap.equal(result.status, 125)
    tap.contains(result.err, 'there is no instance "web"')
    stranger = control.squat("web")
    tap.equal(exec_in_web("true").status, 125)
    stranger.close()
    for words in (["exec"], ["exec", "web"], ["shell"], ["shell", "web", "sh"]):
        result = ctl(*words)
        tap.equal(result.status, 2, result.err)
        tap.contains(result.err, "expected: netns-ctl")


@tap.case("another user is not handed the namespaces, and a false entrance is not believed")
def _():
    if not host.is_really_root():
        tap.skip("there is one user only")
    ask = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
           "s.connect('\\0netns-run-entrance/' + sys.argv[1]); "
           "data, fds, _, _ = socket.recv_fds(s, 4096, 16); print(len(data) > 0, len(fds))")
    first = web()
    entrance = f"{host.USER_ID}/{first.pid}"
    for user, expected in ((["setpriv", "--reuid=47009", "--clear-groups"], "False 0\n"),
                           ([], "False 0\n"), (host.as_user(), "True 8\n")):
        answer = process.run([*user, "/usr/bin/python3", "-c", ask, entrance], user=False)
        tap.equal(process.succeeds(answer), expected)
    first.end()
    host.of_this_case.remove(first)
    # exec(2) keeps the process id, so that the name is known before.
    starter = process.Process(["sh", "-c", "read line; exec \"$@\"", "sh", process.NETNS_RUN, "--name",
                               "web", "--", "sh", "-c", "echo up; exec sleep 71"],
                              stdin=subprocess.PIPE)
    code = ("import socket, sys, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
            "s.bind('\\0netns-run-entrance/' + sys.argv[1]); s.listen(); print('squats', flush=True); "
            "time.sleep(100)")
    process.Process(["/usr/bin/python3", "-c", code, f"{host.USER_ID}/{starter.pid}"]).says("squats")
    starter.stdin.write(b"\n")
    starter.stdin.flush()
    starter.says("up").says("netns-ctl exec will not work")
    result = exec_in_web("echo", "ran")
    tap.equal((result.status, result.out), (125, ""))


@tap.case("no descriptor is left over, neither netns-ctl's nor its caller's")
def _():
    web()
    with open(host.SCRATCH / "given", "w+") as file:
        code = "import os\nfor n in range(3, 100):\n    try: os.fstat(n); print(n)\n    except OSError: pass"
        tap.equal(shown(*process.PYTHON, "-c", code, pass_fds=[file.fileno()]), "")
    os.unlink(host.SCRATCH / "given")


def entered(pid: int) -> int:
    """The process that waits for the second command: netns-ctl itself, once it has become so."""
    ours = os.readlink("/proc/self/ns/net")
    waiting.until(lambda: os.readlink(f"/proc/{pid}/ns/net") != ours, "netns-ctl to enter")
    return pid


@tap.case("root of the guest gets no hold of what has entered and waits")
def _():
    guest = process.start_netns_run("--map-root", "--share-pid", "--name", "web", "--", "sh", "-c",
                                    f"echo up; read ids; exec {' '.join(PROBE_ATTACH)} $ids",
                                    stdin=subprocess.PIPE).says("up")
    second = process.Process([NETNS_CTL, "exec", "web", "sh", "-c", "echo in; exec sleep 72"]).says("in")
    guest.stdin.write(f"{entered(second.pid)}\n".encode())
    guest.stdin.flush()
    tap.equal(guest.says("tried").out, "up\ntried\n")
    status = dict(line.split(":\t", 1) for line in
                  pathlib.Path(f"/proc/{second.pid}/status").read_text().splitlines() if ":\t" in line)
    tap.equal(int(status["CapPrm"], 16), 1 << 5, "only CAP_KILL is left to it")


@tap.case("what is run so ends with the instance, also without a PID namespace")
def _():
    for options in ([], ["--share-pid"]):
        first = web(*options)
        second = process.Process([NETNS_CTL, "exec", "web", "sh", "-c", "echo in; exec sleep 72"]).says("in")
        first.signal(signal.SIGKILL)
        first.wait()
        tap.equal(second.wait().status, 137)


@tap.case("SIGKILL of netns-ctl ends the command, other signals reach it")
def _():
    web()
    loop = "trap 'echo got; exit 9' TERM; echo in; while :; do sleep 0.1; done"
    second = process.Process([NETNS_CTL, "exec", "web", "sh", "-c", loop]).says("in")
    second.signal(signal.SIGTERM)
    result = second.wait()
    tap.equal((result.status, result.out), (9, "in\ngot\n"))
    second = process.Process([NETNS_CTL, "exec", "web", "sh", "-c", "echo in; exec sleep 73"]).says("in")
    second.signal(signal.SIGKILL)
    second.wait()
    waiting.until(lambda: exec_in_web("pgrep", "-f", "sleep 73").status == 1, "the end of the command")


@tap.case("twenty at once, and the first command goes on")
def _():
    first = web()
    many = [process.Process([NETNS_CTL, "exec", "web", "sh", "-c", f"exit {number}"])
            for number in range(20)]
    tap.equal([each.wait().status for each in many], list(range(20)))
    tap.true(first.is_running(), "it has ended")


@tap.case("exec works after the helper has been followed by another one, and where PATH has no netns-run")
def _():
    first = web()
    helper = helper_of(first)
    os.kill(helper, signal.SIGKILL)
    helper_of(first, but=helper)
    waiting.until(lambda: ctl("stats", "web").status == 0, "the next helper's answer")
    result = process.run(["env", "PATH=/nowhere", NETNS_CTL, "exec", "web", "/bin/echo", "ran"])
    tap.equal(process.succeeds(result), "ran\n")


@tap.case("a directory that is not there is an error, not another directory")
def _():
    folder = host.folder_for_files("covered")
    (folder / "deep").mkdir(mode=0o777)
    web("--map-root", script=f"mount -t tmpfs none {folder}; echo up; exec sleep 71")
    result = exec_in_web("pwd", cwd=folder / "deep")
    tap.equal((result.status, result.out), (125, ""))
    tap.contains(result.err, f"enter the working directory {folder}/deep in the instance: No such file")


@tap.case("a terminal: window size, Ctrl-C, job control of the host's shell")
def _():
    web()
    terminal = Terminal(PLAIN_BASH, prompt="host> ").shows("host> ")
    terminal.resize(33, 99)
    terminal.types(f"{NETNS_CTL} exec web sh -c 'stty size; tty; echo u''p; read x; echo got=$x'\n")
    terminal.shows("33 99").shows("/dev/pts/").shows("up\r\n")
    terminal.types(CTRL_Z).shows("Stopped").shows("host> ")
    terminal.types("fg\n").shows("netns-ctl").types("word\n").shows("got=word").shows("host> ")
    terminal.types(f"{NETNS_CTL} exec web sh -c 'echo u''p; exec sleep 60'\n").shows("up\r\n")
    terminal.types(CTRL_C).shows("host> ")
    terminal.types("echo status=$?\n").shows("\nstatus=130").shows("host> ")
    terminal.types(f"for i in 1 2; do {NETNS_CTL} exec web sh -c 'echo u''p; exec sleep 60'; done\n")
    terminal.shows("up\r\n").types(CTRL_C).shows("host> ")
    tap.lacks(terminal.before.decode(), "up\r\n")


@tap.case("shell: $SHELL with job control of its own; the terminal is the host's shell's afterwards")
def _():
    web("--hostname", "box")
    wrapper = host.folder_for_files("shells") / "plain-bash"
    wrapper.write_text(f"#!/bin/sh\nPS1='guest> ' exec {' '.join(PLAIN_BASH)}\n")
    wrapper.chmod(0o755)
    terminal = Terminal(PLAIN_BASH, prompt="host> ").shows("host> ")
    terminal.types(f"SHELL={wrapper} {NETNS_CTL} shell web\n").shows("guest> ")
    tap.lacks(terminal.before.decode(), "no job control", "terminal process group")
    terminal.types("hostname; ls /sys/class/net\n").shows("box\r\n").shows("tap0").shows("guest> ")
    terminal.has_job_control("guest> ")
    terminal.types(CTRL_D).shows("host> ")
    terminal.types("read x; echo read=$x\n").types("word\n").shows("read=word").shows("host> ")
    terminal.types(f"SHELL=dash PS1='guest> ' {NETNS_CTL} shell web\n").shows("\nguest> ")
    terminal.has_job_control("guest> ")
    terminal.types("exit 6\n").shows("host> ").types("echo status=$?\n").shows("\nstatus=6")
    result = process.run(["env", "-u", "SHELL", NETNS_CTL, "shell", "web"], text="echo $0; hostname; exit 5")
    tap.equal((result.status, result.out), (5, "/bin/sh\nbox\n"), result.err)


tap.main()
