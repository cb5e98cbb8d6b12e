#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ports that cannot be published: nothing starts, the message names the port and the reason."""

from support import host, process, tap

witness = host.folder_for_files("witness") / "started"


def refuses(*options: str, naming: tuple[str, ...]) -> None:
    """Exit status 125, the command has not run, and the message contains all of `naming`."""
    witness.unlink(missing_ok=True)
    result = process.netns_run(*options, "--", "touch", witness)
    tap.equal((result.status, witness.exists()), (125, False), result.err)
    tap.contains(result.err, "netns-run: ", *naming)


@tap.case("a TCP port in use is named, with the reason")
def _():
    process.peer("tcp-echo", "127.0.0.1", 8080)
    refuses("-p", "127.0.0.1:8080:80", naming=("127.0.0.1:8080", "in use"))
    refuses("-p", "8080:80", naming=("8080", "in use"))


@tap.case("a UDP port in use is named, with the reason")
def _():
    process.peer("udp-echo", "127.0.0.1", 5300)
    refuses("-p", "127.0.0.1:5300:53/udp", naming=("127.0.0.1:5300", "in use"))


@tap.case("a port of another netns-run is in use")
def _():
    process.guest_server(["-p", "8080:80"], "tcp-echo", "", 80)
    refuses("-p", "8080:81", naming=("8080", "in use"))


@tap.case("the last port of a range in use stops all of it")
def _():
    process.peer("tcp-echo", "127.0.0.1", 8010)
    refuses("-p", "8000-8010:9000-9010", naming=("8010", "in use"))
    process.peer("tcp-echo", "127.0.0.1", 8000)  # and the others are free again


@tap.case("one port twice in one command line is refused")
def _():
    refuses("-p", "8080:80", "-p", "8080:81", naming=("8080",))


@tap.case("a privileged port names the sysctl and the way around")
def _():
    host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "1024")
    refuses("-p", "80", naming=("80", "net.ipv4.ip_unprivileged_port_start", "8080:80"))
    refuses("-p", "127.0.0.1:53:53/udp", naming=("53", "net.ipv4.ip_unprivileged_port_start"))


@tap.case("with the sysctl lowered, port 80 is published")
def _():
    host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "80")
    try:
        process.guest_server(["-p", "80"], "tcp-hello", "0.0.0.0", 80, "hi")
        answer = process.run(["socat", "-T15", "-u", "TCP:127.0.0.1:80", "-"])
        tap.contains(process.succeeds(answer), "hi ")
    finally:
        host.set_sysctl("net.ipv4.ip_unprivileged_port_start", "1024")


@tap.case("an address that the host does not have is named")
def _():
    refuses("-p", "198.51.100.7:8080:80", naming=("198.51.100.7:8080", "assign"))


def with_open_files(limits: str, *arguments: str) -> process.Result:
    """netns-run under limits of open files, as ulimit(1) sets them."""
    return process.run(["sh", "-c", f"{limits} && exec \"$0\" \"$@\"", process.NETNS_RUN,
                        *arguments])


@tap.case("a range of more ports than the soft limit of open files is published")
def _():
    result = with_open_files("ulimit -S -n 64", "-p", "20000-20099", "--", "sh", "-c", "ulimit -n")
    tap.equal(process.succeeds(result), "64\n")


@tap.case("more ports than the hard limit of open files: the limit is named")
def _():
    result = with_open_files("ulimit -n 64", "-p", "20000-20099", "--", "true")
    tap.equal(result.status, 125, result.err)
    tap.contains(result.err, "port ", "Too many open files", "ulimit -n")


for value in ("", "x", "0", "0:80", "8080:0", "70000", "8080:70000", "8000-8010:80",
              "8000-8010:9000-9011", "8010-8000:9010-9000", "8080:80/sctp", "8080:80/", "-1:80",
              "1.2.3:8080:80", "::1:8080:80", "[::1:8080:80", "localhost:8080:80",
              "8080:80:90:100", " 8080:80", "8080 :80", "+8080:80", "0x50:80"):
    @tap.case(f"-p '{value}' is refused, with the option, the value, and what is expected")
    def _(value=value):
        refuses("-p", value, naming=("publish", f"{value}"))


@tap.case("-p without a value is refused")
def _():
    tap.equal(process.netns_run("-p").status, 125)


tap.main()
