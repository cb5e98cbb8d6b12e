#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The declared system calls are those that are made: strace(1) watches a helper whose features are
used one after the other, with each TCP engine. Afterwards

- no call was made after lock-down that is not declared: the filter would stop it, or kill for it;
- each declaration was used, or has a comment on its line that says what needs it. A call that lost
  its user leaves the list.

What it compares is text: names, and the socket types, options and commands in a declaration."""

import os
import pathlib
import re
import signal
import subprocess
from dataclasses import dataclass

from support import api, host, process, reach, resolv_conf, tap, waiting
from support.target import Target

ROUNDS = 20 if os.environ.get("NSRUN_SOAK_LONG") == "1" else 1
SHARED = "src/sandbox/runtime_calls.hh"
OWN = "src/helper/system_calls.cc"
CONSTANT = re.compile(r"\b(?:AF_|SOCK_|SO_|IP_|IPV6_|TCP_|UDP_|F_[GS]|FION|IPPROTO_ICMP)\w*")
TRACES = host.SCRATCH / "traces"
SERVICE = "/tmp/service.sock"


@dataclass(frozen=True)
class Declaration:
    process: str  # "helper", "outside", "inside", or "all"
    name: str
    constants: frozenset[str]
    where: str
    has_reason: bool

    def is_used_by(self, line: str) -> bool:
        return line.startswith(self.name + "(") and all(
            re.search(rf"\b{each}\b", line) for each in self.constants)


def declarations_of(path: pathlib.Path) -> list[Declaration]:
    found = []
    is_sanitizers = False
    list_of = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        code, _, comment = line.partition("//")
        is_sanitizers = line.startswith("#ifdef NSRUN_SANITIZED") or \
            (is_sanitizers and not line.startswith("#endif"))
        if begins := re.search(r"k(Outside|Inside)\w*Calls\[\]", line):
            list_of = begins[1].lower()
        elif line == "};":
            list_of = ""
        names = re.findall(r'"([a-z][a-z0-9_]*)"', code)
        if re.match(r" +(os::)?socket_of\(", code):
            names.append("socket")
        if is_sanitizers or line.startswith("#include") or "constexpr" in code:
            continue
        owner = "all" if path.name in SHARED else list_of or "helper"
        found += [Declaration(owner, name, frozenset(CONSTANT.findall(code)),
                              f"{path.relative_to(host.SOURCE)}:{number}: {line.strip()}",
                              bool(comment)) for name in names]
    return found


def declared() -> list[Declaration]:
    paths = [*sorted((host.SOURCE / "src").glob("*/system_calls.hh")), host.SOURCE / SHARED,
             host.SOURCE / OWN]
    return [each for path in paths for each in declarations_of(path)]


class Traced:
    """A helper under strace, with everything that the features below need."""

    def __init__(self, engine: str) -> None:
        self.folder = TRACES / engine
        self.folder.mkdir(parents=True)
        self.engine = engine
        self.target = Target()
        self.api = f"/tmp/api-{engine}"
        publish = [word for port in (f"{reach.TCP_PORT}", f"{reach.UDP_PORT}/udp",
                                     f"{reach.SINK_PORT}", f"{reach.SOURCE_PORT}")
                   for word in ("-p", f"{port.split('/')[0]}:{port}")]
        self.process = process.Process(
            ["strace", "-ff", "-qq", "-o", str(self.folder / "of"), *host.as_user(),
             process.NETNS_SLIRP, "-c", "-6", "--publish-loopback", "--splice", "-L", "7000:7100",
             "-L", f"unix:{SERVICE}:7200", "-a", self.api, f"--tcp-engine={engine}", *publish,
             str(self.target.pid), "tap0"], user=False, end_with=signal.SIGTERM)
        waiting.until(lambda: os.path.exists(self.api), lambda: f"a helper; {self.process.err}")
        self.ask("list_hostfwd")

    def ask(self, command: str, **arguments: object) -> dict:
        answer = api.ask(self.api, {"execute": command, "arguments": arguments})
        tap.true("error" not in answer, f"{command}: {answer}")
        return answer

    def stop(self) -> None:
        self.target.holder.signal(signal.SIGKILL)
        self.process.wait()

    def calls(self) -> dict[str, list[str]]:
        """After lock-down, by process. The helper reads the TAP."""
        found: dict[str, list[str]] = {}
        for path in self.folder.iterdir():
            lines = path.read_text(errors="replace").splitlines()
            filters = [i for i, line in enumerate(lines)
                       if line.startswith("seccomp(SECCOMP_SET_MODE_FILTER") and "= 0" in line]
            if not filters and any("execve(" in line for line in lines):
                tap.fail(f"no filter in {path}")
            if filters:
                is_main = any("execve(" in line for line in lines)
                is_inside = any(line.startswith("setns(") for line in lines)
                owner = "helper" if is_main else "inside" if is_inside else "outside"
                found.setdefault(owner, []).extend(lines[filters[-1] + 1:])
            elif any(line.startswith("set_robust_list") for line in lines) and \
                    any(line.startswith(("epoll_wait", "epoll_pwait")) for line in lines):
                found.setdefault("helper", []).extend(lines)  # the thread of the data plane
        return found


def use_features(helper: Traced, remote: host.Remote) -> None:
    target = helper.target
    servers = target.start("unshare", "--pid", "--kill-child", "--fork", *reach.servers(process.PEER))
    reach.servers_are_ready(lambda: servers.out)
    for address in (remote.v4, remote.v6):
        tap.equal(target.run(*process.PEER, "tcp-echo-ask", address, "7000"), "there and back\n")
        target.run(*process.PEER, "udp-ask", address, "7000", "1000", "3")
        target.run("ping", "-c", "1", "-W", "5", address)
    for transport in ("+notcp", "+tcp"):
        answer = target.run("dig", "+short", transport, "@10.0.2.3", "www.example.test")
        tap.contains(answer, remote.v4)
    tap.contains(target.run(*process.PEER, "connect", remote.v4, "7999"), "ECONNREFUSED")
    target.try_run(*process.PEER, "udp-connect", remote.v4, "7999")
    for address in ("127.0.0.1", remote.host_v4, "::1"):
        reach.answers(address)
    reach.answers(remote.host_v4, inside=remote.pid)
    reach.bulk_arrives(remote.host_v4, lambda: servers.out, inside=remote.pid)
    for protocol in ("tcp", "udp"):
        for address, port in (("0.0.0.0", 7801), ("::", 7802)):
            added = helper.ask("add_hostfwd", proto=protocol, host_addr=address, host_port=port,
                               guest_port=7001)
            helper.ask("remove_hostfwd", id=added["return"]["id"])
    if helper.engine == "accelerated":
        on_loopback = target.start(*process.PEER, "tcp-echo", "::1", "7005").says("listening")
        added = helper.ask("add_hostfwd", proto="tcp", host_addr="127.0.0.1", host_port=7803,
                           guest_port=7005)
        tap.equal(process.peer("tcp-echo-ask", "127.0.0.1", 7803).wait().out, "there and back\n")
        helper.ask("remove_hostfwd", id=added["return"]["id"])
        on_loopback.signal(signal.SIGKILL)
        on_loopback.wait()
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", "127.0.0.1", "7100"), "there and back\n")
    resolv_conf.replace_by_rename("nameserver 127.0.0.1\nnameserver ::1\n")
    waiting.until(lambda: any("sendmsg(" in line for line in helper.calls().get("outside", ())),
                  "news of the other name servers")
    resolv_conf.replace_by_rename("nameserver 127.0.0.1\n")
    tap.equal(target.run(*process.PEER, "tcp-echo-ask", "127.0.0.1", "7200"), "there and back\n")
    servers.signal(signal.SIGKILL)
    servers.wait()


@tap.case("calls made and calls declared are the same", 280 * ROUNDS)
def _():
    if not host.is_really_root():
        tap.skip("a process that is not dumpable can be traced by the host's root only")
    if host.is_sanitized():
        tap.skip("the sanitizers make calls of their own")
    remote = host.Remote()
    reach.start_outside(remote)
    process.peer("tcp-echo", SERVICE, 0)
    made: dict[str, list[str]] = {"helper": [], "outside": [], "inside": []}
    for engine in ("accelerated", "libslirp"):
        helper = Traced(engine)
        for _ in range(ROUNDS):
            use_features(helper, remote)
        helper.stop()
        for owner, lines in helper.calls().items():
            made[owner] += [line for line in lines if re.match(r"\w+\(", line)]
    os.unlink(SERVICE)
    compare(made)


def compare(made: dict[str, list[str]]) -> None:
    known = declared()
    for owner, lines in made.items():
        names = {each.name for each in known if each.process in (owner, "all")}
        tap.equal({line.split("(")[0] for line in lines} - names, set(), f"undeclared in {owner}")
    distinct = {owner: {re.sub(r"0x[0-9a-f]+|\d+", "0", line[:160]) if line.startswith(
        ("read", "write", "epoll", "recv", "send", "poll", "futex")) else line for line in lines}
        for owner, lines in made.items()}
    unused = [each.where for each in known if not each.has_reason and not any(
        each.is_used_by(line) for owner, lines in distinct.items()
        if each.process in (owner, "all") for line in lines)]
    tap.true(not unused, "nobody makes these, and no comment on the line says who does:\n"
             + "\n".join(unused))


tap.main()
