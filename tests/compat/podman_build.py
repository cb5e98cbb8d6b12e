#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`podman build` and Buildah, unchanged, which look for `slirp4netns` in PATH: they find ours."""

import json

from support import engine, host, podman, process, tap, waiting

remote = host.Remote()
dns_server = str(host.SOURCE / "tests/support/dns_server.py")
FOLDER = host.folder_for_files("build-context")
PATH = host.folder_for_files("bin")
(PATH / "slirp4netns").symlink_to(process.NETNS_SLIRP)
OURS_FIRST = {"PATH": f"{PATH}:{host.environment(user=True)['PATH']}"}
BUILDERS = (["podman", "build"], ["buildah", "bud"])


def build(builder: list[str], *steps: str, options: tuple[str, ...] = ()) -> process.Process:
    (FOLDER / "Containerfile").write_text("\n".join([f"FROM {podman.IMAGE}", *steps]) + "\n")
    return process.Process([*builder, "--no-cache", *options, "--tag=built", str(FOLDER)],
                           env=OURS_FIRST)


def removes_image() -> None:
    podman.podman("rmi", "--force", "built")


def cases_of(builder: list[str]) -> None:
    name = " ".join(builder)

    @tap.case(f"{name}: a step is online, and the helper is ours")
    def _():
        process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
        process.peer("udp-echo", remote.v4, 7000, inside=remote.pid)
        ask = f"{' '.join(podman.PEER)} tcp-echo-ask {remote.v4} 7000"
        running = build(
            builder, f"RUN {ask} && {ask.replace('tcp-echo', 'udp')} 1000 3 && echo waiting; "
            "until [ -e /shared/go ]; do sleep 0.1; done", options=(f"--volume={FOLDER}:/shared",))
        running.says("\nwaiting", 60)
        words = podman.helper_arguments()
        tap.equal(words[:-2], [str(PATH / "slirp4netns"), "--mtu", "65520", "-r", "3", "-c"])
        tap.equal(words[-1], "tap0")
        (FOLDER / "go").touch()
        said = process.succeeds(running.wait())
        tap.contains(said, "there and back\n", "all 3 came back\n")
        waiting.until(lambda: not engine.helpers(), "the helper's end")
        (FOLDER / "go").unlink()
        removes_image()

    @tap.case(f"{name}: a step asks the host's name server")
    def _():
        process.Process([*process.PYTHON, dns_server, "127.0.0.1"], user=False).says("listening")
        step = "RUN cat /etc/resolv.conf && nslookup -type=a www.example.test 10.0.2.3"
        tap.contains(process.succeeds(build(builder, step).wait(60)), "nameserver 10.0.2.3",
                     remote.v4)
        removes_image()

    @tap.case(f"{name}: what a step downloads is in the image")
    def _():
        podman.web_server("--publish=8080:80")
        step = f"RUN wget -q -O /downloaded http://{remote.host_v4}:8080/"
        process.succeeds(build(builder, step).wait(60))
        tap.equal(podman.podman("run", "--rm", "built", "cat", "/downloaded"), engine.WEB_PAGE)
        removes_image()

    @tap.case(f"{name}: a step that fails ends the helper too")
    def _():
        result = build(builder, "RUN echo now; exit 7").wait(60)
        tap.true(result.status != 0, "the step's failure was not noticed")
        tap.contains(result.out, "now")
        waiting.until(lambda: not engine.helpers(), "the helper's end")


for each in BUILDERS:
    cases_of(each)


@tap.case("buildah run in a working container")
def _():
    process.peer("tcp-echo", remote.v4, 7000, inside=remote.pid)
    made = process.succeeds(process.run(["buildah", "from", podman.IMAGE], env=OURS_FIRST)).strip()
    said = process.run(["buildah", "run", made, *podman.PEER, "tcp-echo-ask", remote.v4, "7000"],
                       env=OURS_FIRST)
    tap.equal(process.succeeds(said), "there and back\n")
    process.succeeds(process.run(["buildah", "rm", made], env=OURS_FIRST))


@tap.case("without network_cmd_path, podman info and podman run find it in PATH too")
def _():
    podman.configure(network_cmd_path=None)
    try:
        shown = json.loads(podman.podman("info", "--format=json", env=OURS_FIRST))
        tap.equal(shown["host"]["slirp4netns"]["executable"], str(PATH / "slirp4netns"))
        made = podman.podman("run", "--detach", podman.IMAGE, "sleep", "infinity", env=OURS_FIRST)
        engine.the_helper()
        podman.podman("rm", "--force", "--time=0", made.strip())
    finally:
        podman.configure()


@tap.case("called as slirp4netns it says the same: --version, --help, an error")
def _():
    for words in (["--version"], ["--help"], ["--cidr=x", "1", "tap0"]):
        by_name, ours = (process.run([program, *words])
                         for program in (str(PATH / "slirp4netns"), process.NETNS_SLIRP))
        tap.equal((by_name.status, by_name.out), (ours.status, ours.out))


tap.main()
