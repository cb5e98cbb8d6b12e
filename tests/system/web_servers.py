#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""nginx and an HTTP/3 server, once on another machine and asked by the guest, once in the guest and
asked by another machine through published ports: what curl gets is what is there."""

import hashlib
import re
import shutil
import signal
from dataclasses import dataclass

from support import host, process, tap, waiting

remote = host.Remote()
LARGE_BYTES = 20_000_000 if host.is_sanitized() else 300_000_000
PARTS = 20
SECONDS = 120
PLAIN, TLS, QUIC = 8000, 8443, 8444  # ports

folder = host.folder_for_files("web")
CONFIGURATION = f"""
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {PLAIN};
    listen [::]:{PLAIN};
    listen {TLS} ssl http2;
    listen [::]:{TLS} ssl http2;
    ssl_certificate {folder}/certificate;
    ssl_certificate_key {folder}/key;
    location / {{ root {folder}/site; }}
    location /uploads/ {{ root {folder}; dav_methods PUT; }}
    location /count/ {{ return 200 "$uri $connection_requests\\n"; }}
  }}
}}
"""


def prepare() -> None:
    for name in ("site", "uploads"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    host.write(folder / "nginx.conf", CONFIGURATION)
    host.root("openssl", "rand", "-out", f"{folder}/site/large", str(LARGE_BYTES))
    for part in range(PARTS):
        host.root("openssl", "rand", "-out", f"{folder}/site/part{part}", str(100_000 + part))
    host.root("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=web.example.test", "-addext",
              f"subjectAltName=IP:{remote.v4},IP:{remote.v6},IP:{remote.host_v4}", "-keyout",
              f"{folder}/key", "-out", f"{folder}/certificate")
    (folder / "key").chmod(0o644)


def digest(path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def need(program: str, package: str) -> None:
    if not shutil.which(program):
        tap.fail(f"{program} is not installed (Debian: {package})")


NGINX = ("nginx", "-e", "stderr", "-c", f"{folder}/nginx.conf")
QUIC_SERVER = ("gtlsserver", "--quiet", f"--htdocs={folder}/site")
QUIC_FILES = (f"{folder}/key", f"{folder}/certificate")


@dataclass
class Outside:
    """The server is another machine, the client runs in a guest."""

    address: str
    claim: str

    def nginx(self) -> None:
        # Its workers would outlive a SIGKILL of the master.
        process.Process(NGINX, inside=remote.pid, end_with=signal.SIGTERM).says("start worker")

    def quic(self) -> None:
        process.Process([*QUIC_SERVER, "*", str(QUIC), *QUIC_FILES], inside=remote.pid)
        waiting.until(lambda: f":{QUIC}" in remote.run("ss", "-Hlun"), "the QUIC server's socket")

    def client(self, *command: str) -> str:
        return process.in_guest(*command, seconds=SECONDS)


@dataclass
class Published:
    """The server runs in a guest, the client is another machine."""

    address: str
    claim: str

    def nginx(self) -> None:
        process.start_netns_run("-p", f"{PLAIN}", "-p", f"{TLS}", "--", *NGINX).says("start worker")

    def quic(self) -> None:
        guest = process.start_netns_run(
            "-p", f"{QUIC}/udp", "--", "sh", "-c",
            f"{' '.join(QUIC_SERVER)} '*' {QUIC} {' '.join(QUIC_FILES)} & "
            f"until ss -Hlun | grep -q :{QUIC}; do sleep 0.1; done; echo serving; wait")
        guest.says("serving")

    def client(self, *command: str) -> str:
        return process.succeeds(process.run(command, inside=remote.pid, seconds=SECONDS))


PLACES = [Outside(remote.v4, "on another machine, IPv4"),
          Outside(f"[{remote.v6}]", "on another machine, IPv6"),
          Published(remote.host_v4, "in the guest, published")]


def curl(place, *arguments: str) -> str:
    return place.client("curl", "--silent", "--show-error", "--fail", "--globoff",
                        "--max-time", "100", "--noproxy", "*", *arguments)


def start_nginx(place) -> None:
    need("nginx", "nginx")
    place.nginx()


def check_parts(into, about: str) -> None:
    for part in range(PARTS):
        tap.true((into / f"part{part}").exists(), f"{about}: part{part} never came")
        tap.equal(digest(into / f"part{part}"), digest(folder / f"site/part{part}"), about)


def add_cases(place) -> None:
    @tap.case(f"nginx {place.claim}: 300 requests on one connection", seconds=SECONDS)
    def _():
        start_nginx(place)
        urls = [f"http://{place.address}:{PLAIN}/count/{n}" for n in range(300)]
        # The server counts the requests of each connection.
        tap.equal(curl(place, *urls).splitlines(), [f"/count/{n} {n + 1}" for n in range(300)])

    @tap.case(f"nginx {place.claim}: a large body comes down whole", seconds=SECONDS)
    def _():
        start_nginx(place)
        into = host.folder_for_files("downloads")
        shown = curl(place, "--output", f"{into}/large", "--write-out", "%{size_download}",
                     f"http://{place.address}:{PLAIN}/large")
        tap.equal(shown, str(LARGE_BYTES))
        tap.equal(digest(into / "large"), digest(folder / "site/large"))

    @tap.case(f"nginx {place.claim}: a large body goes up whole", seconds=SECONDS)
    def _():
        start_nginx(place)
        stored = folder / "uploads/large"
        stored.unlink(missing_ok=True)
        curl(place, "--upload-file", f"{folder}/site/large",
             f"http://{place.address}:{PLAIN}/uploads/large")
        tap.equal(digest(stored), digest(folder / "site/large"))

    @tap.case(f"nginx {place.claim}: HTTP/2 over TLS, {PARTS} streams on one connection",
              seconds=SECONDS)
    def _():
        start_nginx(place)
        into = host.folder_for_files("downloads")
        wanted = [word for part in range(PARTS)
                  for word in ("--output", f"{into}/part{part}",
                               f"https://{place.address}:{TLS}/part{part}")]
        shown = curl(place, "--http2", "--cacert", f"{folder}/certificate", "--parallel",
                     "--write-out", "%{http_version} %{num_connects}\n", *wanted)
        answers = [line.split() for line in shown.splitlines()]
        tap.equal([version for version, _ in answers], ["2"] * PARTS)
        tap.equal(sum(int(connects) for _, connects in answers), 1, "connections")
        check_parts(into, "HTTP/2")

    @tap.case(f"an HTTP/3 server {place.claim}: {PARTS} files over QUIC", seconds=SECONDS)
    def _():
        need("gtlsserver", "ngtcp2-server")
        need("gtlsclient", "ngtcp2-client")
        place.quic()
        into = host.folder_for_files("downloads")
        bare = re.sub(r"[][]", "", place.address)
        place.client("gtlsclient", "--quiet", "--exit-on-all-streams-close",
                     f"--download={into}", f"--nstreams={PARTS}", bare, str(QUIC),
                     *(f"https://{place.address}:{QUIC}/part{part}" for part in range(PARTS)))
        check_parts(into, "HTTP/3")


prepare()
for each in PLACES:
    add_cases(each)
tap.main()
