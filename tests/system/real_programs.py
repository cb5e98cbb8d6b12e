#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real programs at both ends: curl, iperf3, TLS, DTLS, socat, git, Redis. Web servers and ssh have
files of their own."""

import json
import shutil
import subprocess

from support import host, process, tap, waiting

remote = host.Remote()
SECONDS = "2"
IPERF_TIMEOUT = 40


def iperf_server(*, inside: int | None = None) -> None:
    process.Process(["iperf3", "--server", "--port", "5201", "--forceflush"], user=False,
                    inside=inside).says("Server listening")


def iperf(*arguments: str, options: tuple[str, ...] = ()) -> dict:
    """The report of an iperf3 client in a guest."""
    shown = process.in_guest("iperf3", "--json", "--port", "5201", "--time", SECONDS, "--client",
                             *arguments, options=options, seconds=IPERF_TIMEOUT)
    return json.loads(shown)["end"]


@tap.case("iperf3 from the guest to another machine, and back, IPv4 and IPv6", seconds=120)
def _():
    iperf_server(inside=remote.pid)
    for address in (remote.v4, remote.v6):
        for reverse in ([], ["--reverse"]):
            tap.true(iperf(address, *reverse)["sum_received"]["bytes"] > 0, "nothing received")


@tap.case("iperf3 with eight streams both ways at once", seconds=60)
def _():
    iperf_server(inside=remote.pid)
    end = iperf(remote.v4, "--parallel", "8", "--bidir")
    tap.true(end["sum_received"]["bytes"] > 0, "nothing received")
    tap.true(end["sum_received_bidir_reverse"]["bytes"] > 0, "nothing received the other way")


@tap.case("iperf3 of UDP, both ways", seconds=90)
def _():
    iperf_server(inside=remote.pid)
    for reverse in ([], ["--reverse"]):
        end = iperf(remote.v4, "--udp", "--bitrate", "20M", *reverse)
        tap.true(end["sum"]["packets"] > end["sum"]["lost_packets"], "all lost")


@tap.case("an iperf3 server in the guest, published over TCP and UDP", seconds=60)
def _():
    process.start_netns_run("-p", "5201", "-p", "5201/udp", "--", "iperf3", "--server",
                            "--forceflush").says("Server listening")
    for arguments in ([], ["--reverse"], ["--udp", "--bitrate", "20M"]):
        shown = process.succeeds(process.run(
            ["iperf3", "--client", "127.0.0.1", "--time", SECONDS, "--json", *arguments],
            seconds=IPERF_TIMEOUT))
        tap.true(json.loads(shown)["end"], "no report")


@tap.case("curl in the guest downloads from another machine")
def _():
    site = host.folder_for_files("site")
    (site / "page").write_bytes(b"0123456789abcdef" * 1_000_000)
    process.Process([*process.PYTHON, "-m", "http.server", "--bind", remote.v4, "--directory",
                     str(site), "8000"], user=False, inside=remote.pid).says("Serving HTTP")
    shown = process.guest_shell(f"curl -sS --max-time 60 http://{remote.v4}:8000/page | sha256sum")
    tap.equal(shown, process.run(["sh", "-c", f"sha256sum <{site}/page"]).out)

def make_certificate() -> str:
    """A folder with `key` and `certificate` of the other machine."""
    folder = host.folder_for_files("tls")
    process.succeeds(process.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=remote.example.test", "-keyout", f"{folder}/key", "-out",
         f"{folder}/certificate"]))
    return str(folder)


@tap.case("TLS between openssl s_client in the guest and s_server outside")
def _():
    folder = make_certificate()
    process.Process(["openssl", "s_server", "-accept", "4433", "-key", f"{folder}/key", "-cert",
                     f"{folder}/certificate", "-rev"], user=False, inside=remote.pid).says("ACCEPT")
    shown = process.guest_shell(
        # s_server(1) ends the connection at this word.
        f"printf 'hello tls\\nCLOSE\\n' | openssl s_client -connect {remote.v4}:4433 -quiet "
        f"-verify_return_error -CAfile {folder}/certificate 2>/dev/null")
    tap.contains(shown, "slt olleh")


@tap.case("DTLS between openssl s_client in the guest and s_server outside")
def _():
    folder = make_certificate()
    server = process.Process(["openssl", "s_server", "-dtls", "-accept", "4433", "-key",
                              f"{folder}/key", "-cert", f"{folder}/certificate", "-quiet"],
                             stdin=subprocess.PIPE, user=False, inside=remote.pid)
    waiting.until(lambda: ":4433" in remote.run("ss", "-Hlun"), "the server's socket")
    guest = process.start_netns_run(
        "--", "openssl", "s_client", "-dtls", "-connect", f"{remote.v4}:4433", "-quiet",
        "-verify_return_error", "-CAfile", f"{folder}/certificate", stdin=subprocess.PIPE)
    guest.stdin.write(b"from the guest\n")
    guest.stdin.flush()
    server.says("from the guest")
    server.stdin.write(b"from outside\n")
    server.stdin.flush()
    guest.says("from outside")


@tap.case("socat: the answer comes after the end of what was sent, and not before")
def _():
    data = host.folder_for_files("half_close") / "data"
    host.root("openssl", "rand", "-out", str(data), "5000000")
    process.Process(["socat", "-d", "-d", "TCP-LISTEN:7000,reuseaddr,fork", "EXEC:sha256sum"],
                    inside=remote.pid).says("listening on")
    process.start_netns_run("-p", "7000", "--", "socat", "-d", "-d",
                            "TCP-LISTEN:7000,reuseaddr,fork", "EXEC:sha256sum").says("listening on")
    expected = process.run(["sh", "-c", f"sha256sum <{data}"]).out
    # -t: how long the other direction may go on after the end of input.
    ask = f"socat -t 60 - TCP:{{}}:7000 <{data}"
    tap.equal(process.guest_shell(ask.format(remote.v4)), expected, "outbound")
    tap.equal(process.succeeds(process.run(["sh", "-c", ask.format(remote.host_v4)],
                                           inside=remote.pid)), expected, "published")


@tap.case("git clones from a git daemon, outside and in the guest", seconds=90)
def _():
    work = host.folder_for_files("git")
    process.succeeds(process.run(["sh", "-ec", f"""
        cd {work}; git init -q start; cd start; touch .git/git-daemon-export-ok
        for file in $(seq 200); do openssl rand -out $file $((file * 500)); done
        git add .; git -c user.name=t -c user.email=t@example.test commit -qm all"""]))
    program = process.run(["git", "--exec-path"]).out.strip() + "/git-daemon"
    daemon = (program, "--verbose", "--log-destination=stderr", "--reuseaddr",
              f"--base-path={work}", str(work))
    clone = ("sh", "-ec", 'git clone -q "$1" "$2"; git -C "$2" fsck --strict', "sh")
    process.Process(daemon, inside=remote.pid).says("Ready to rumble")
    process.in_guest(*clone, f"git://{remote.v4}/start", f"{work}/fetched")
    process.start_netns_run("-p", "9418", "--", *daemon).says("Ready to rumble")
    process.succeeds(process.run([*clone, f"git://{remote.host_v4}/start", f"{work}/published"],
                                 inside=remote.pid))
    for copy in ("fetched", "published"):
        shown = process.run(["diff", "-r", "-x", ".git", f"{work}/start", f"{work}/{copy}"])
        tap.equal((shown.status, shown.out), (0, ""), copy)


REDIS = ("redis-server", "--save", "", "--protected-mode", "no", "--dir", "/tmp", "--bind", "*")


@tap.case("redis-benchmark against a server outside and one in the guest", seconds=90)
def _():
    if not shutil.which("redis-benchmark") or not shutil.which("redis-server"):
        tap.fail("redis is not installed (Debian: redis-server, redis-tools)")
    process.Process(REDIS, inside=remote.pid).says("Ready to accept connections")
    process.start_netns_run("-p", "6379", "--", *REDIS).says("Ready to accept connections")
    value = host.folder_for_files("redis") / "value"
    host.root("openssl", "rand", "-hex", "-out", str(value), "2000000")
    script = f"""
        redis-benchmark -h "$1" -n 20000 -c 50 -P 8 -d 1000 -t set,get,lrange_100 --csv
        redis-cli -h "$1" -x set large <{value} >/dev/null
        redis-cli -h "$1" get large | tr -d '\n' | sha256sum"""
    expected = process.run(["sh", "-c", f"tr -d '\n' <{value} | sha256sum"]).out
    outbound = process.in_guest("sh", "-ec", script, "sh", remote.v4, seconds=60)
    published = process.succeeds(process.run(["sh", "-ec", script, "sh", remote.host_v4],
                                             inside=remote.pid, seconds=60))
    for shown in (outbound, published):
        tap.contains(shown, '"SET"', '"GET"', '"LRANGE_100', expected)


tap.main()
