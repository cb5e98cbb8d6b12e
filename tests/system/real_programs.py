#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real programs at both ends: curl, iperf3, TLS."""

import json

from support import host, process, tap

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


@tap.case("TLS between openssl s_client in the guest and s_server outside")
def _():
    folder = host.folder_for_files("tls")
    process.succeeds(process.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=remote.example.test", "-keyout", f"{folder}/key", "-out",
         f"{folder}/certificate"]))
    process.Process(["openssl", "s_server", "-accept", "4433", "-key", f"{folder}/key", "-cert",
                     f"{folder}/certificate", "-rev"], user=False, inside=remote.pid).says("ACCEPT")
    shown = process.guest_shell(
        # s_server(1) ends the connection at this word.
        f"printf 'hello tls\\nCLOSE\\n' | openssl s_client -connect {remote.v4}:4433 -quiet "
        f"-verify_return_error -CAfile {folder}/certificate 2>/dev/null")
    tap.contains(shown, "slt olleh")


tap.main()
