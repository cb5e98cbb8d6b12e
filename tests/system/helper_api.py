#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The API socket of netns-slirp: slirp4netns' requests and answers."""

import os
import socket
import stat

from support import api, process, tap, waiting
from support.target import Helper, Target

API = "/tmp/api.sock"



def ready_helper(*options: str) -> tuple[Target, Helper]:
    target = Target()
    return target, Helper(target, "-c", *options, api_path=API).ready()


def fetch(port: int, address: str = "127.0.0.1") -> str:
    return process.succeeds(process.run(["socat", "-T15", "-u", f"TCP:{address}:{port}", "-"]))


def hello_server(target: Target, port: int, word: str) -> None:
    target.start(*process.PEER, "tcp-hello", "0.0.0.0", port, word).says("listening")


@tap.case("add_hostfwd publishes a TCP port; the first id is 1")
def _():
    target, helper = ready_helper()
    hello_server(target, 80, "hi")
    answer = helper.ask({"execute": "add_hostfwd",
                         "arguments": {"proto": "tcp", "host_addr": "127.0.0.1", "host_port": 8080,
                                       "guest_addr": "10.0.2.100", "guest_port": 80}})
    tap.equal(answer, {"return": {"id": 1}})
    tap.contains(fetch(8080), "hi ")


@tap.case("add_hostfwd publishes a UDP port, also with host loopback disabled")
def _():
    target, helper = ready_helper("--disable-host-loopback")
    target.start(*process.PEER, "udp-echo", "0.0.0.0", 53).says("listening")
    helper.add(proto="udp", host_addr="127.0.0.1", host_port=5300, guest_port=53)
    process.succeeds(process.run([*process.PEER, "udp-ask", "127.0.0.1", "5300", "100", "3"]))


@tap.case("without host_addr it is 0.0.0.0, without guest_addr or with an empty one the guest")
def _():
    target, helper = ready_helper()
    hello_server(target, 80, "hi")
    helper.add(proto="tcp", host_port=8080, guest_port=80)
    helper.add(proto="tcp", host_port=8081, guest_addr="", guest_port=80)
    tap.contains(fetch(8080, "127.0.0.2") + fetch(8081), "hi ")


@tap.case("list_hostfwd shows the entries in return and beside it, with all their fields")
def _():
    _, helper = ready_helper()
    helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8080, guest_port=80)
    helper.add(proto="udp", host_addr="127.0.0.1", host_port=5300, guest_port=53)
    answer = helper.ask({"execute": "list_hostfwd"})
    entries = answer["return"]["entries"]
    tap.equal(answer["entries"], entries)
    tap.equal([(e["id"], e["proto"], e["host_addr"], e["host_port"], e["guest_addr"],
                e["guest_port"]) for e in entries],
              [(1, "tcp", "127.0.0.1", 8080, "10.0.2.100", 80),
               (2, "udp", "127.0.0.1", 5300, "10.0.2.100", 53)])


@tap.case("remove_hostfwd frees the port at once, and an id is never used again")
def _():
    target, helper = ready_helper()
    hello_server(target, 80, "hi")
    for expected in (1, 2, 3):
        tap.equal(helper.add(proto="tcp", host_port=8080, guest_port=80), expected)
        tap.contains(fetch(8080), "hi ")
        tap.equal(helper.ask({"execute": "remove_hostfwd", "arguments": {"id": expected}}),
                  {"return": {}})
        socket.create_server(("127.0.0.1", 8080)).close()
    tap.equal(helper.ask({"execute": "list_hostfwd"})["return"]["entries"], [])


@tap.case("remove_hostfwd of an id that does not exist is an error")
def _():
    _, helper = ready_helper()
    for wrong in (7, -1, "x", None):
        request = {"execute": "remove_hostfwd", "arguments": {"id": wrong}}
        tap.equal(helper.error_of(request), "bad request: remove_hostfwd: bad arguments.id")


@tap.case("a port in use is an error, and the helper goes on")
def _():
    _, helper = ready_helper()
    process.peer("tcp-echo", "127.0.0.1", 8080)
    request = {"execute": "add_hostfwd",
               "arguments": {"proto": "tcp", "host_port": 8080, "guest_port": 80}}
    tap.contains(helper.error_of(request),
                 "bad request: add_hostfwd: slirp_add_hostfwd failed")
    helper.add(proto="tcp", host_port=8081, guest_port=80)


@tap.case("bad requests are answered with slirp4netns' words, and the helper goes on")
def _():
    _, helper = ready_helper()

    def add(**changed: object) -> dict:
        good = {"proto": "tcp", "host_port": 8080, "guest_port": 80}
        return {"execute": "add_hostfwd",
                "arguments": {k: v for k, v in (good | changed).items() if v is not None}}

    for request, expected in (
            ("{", "cannot parse JSON"), ("x\n", "cannot parse JSON"), ("[]", ""),
            ("{}", "no execute found"), ('{"execute":"x"}', "unknown execute"),
            ('{"execute":1}', ""), (add(proto=None), "add_hostfwd: bad arguments.proto"),
            (add(proto="sctp"), "add_hostfwd: bad arguments.proto"),
            (add(host_port=70000), "add_hostfwd: bad arguments.host_port"),
            (add(host_port=0), "add_hostfwd: bad arguments.host_port"),
            (add(host_port="80"), "add_hostfwd: bad arguments.host_port"),
            (add(host_port=None), "add_hostfwd: bad arguments.host_port"),
            (add(guest_port=65536), "add_hostfwd: bad arguments.guest_port"),
            (add(guest_port=None), "add_hostfwd: bad arguments.guest_port"),
            (add(host_addr="x"), "add_hostfwd: bad arguments.host_addr"),
            (add(host_addr=5), "add_hostfwd: bad arguments.host_addr"),
            (add(guest_addr="x"), "add_hostfwd: bad arguments.guest_addr")):
        tap.contains(helper.error_of(request), f"bad request: {expected}")
    tap.equal(helper.add(proto="tcp", host_port=8080, guest_port=80), 1)


@tap.case("an empty request is answered with an error")
def _():
    _, helper = ready_helper()
    tap.contains(helper.error_of(""), "bad request")


@tap.case("a request in many pieces is one request")
def _():
    ready_helper()
    text = b'{"execute": "list_hostfwd"}'
    tap.true("return" in api.ask_in_pieces(API, [text[:5], text[5:12], text[12:]]), "no return")
    tap.true("return" in api.ask_in_pieces(API, [bytes([b]) for b in text]), "no return")


@tap.case("a request needs no shutdown: complete JSON is enough")
def _():
    _, helper = ready_helper()
    tap.true("return" in helper.ask('{"execute": "list_hostfwd"}\n', shut_down=False), "no return")
    tap.true("return" in helper.ask('{"execute": "list_hostfwd"}', shut_down=False), "no return")


@tap.case("a request without end is refused, and costs nothing")
def _():
    _, helper = ready_helper()
    tap.contains(helper.error_of('{"execute": "' + "x" * 2_000_000), "bad request")
    tap.true("return" in helper.ask({"execute": "list_hostfwd"}), "the helper is gone")


@tap.case("a client that connects and says nothing does not stop the others")
def _():
    _, helper = ready_helper()
    silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for client in silent:
        client.connect(API)
    for client in silent[:10]:
        client.sendall(b'{"execute"')
    tap.true("return" in helper.ask({"execute": "list_hostfwd"}), "no return")
    for client in silent:
        client.close()


@tap.case("a client that goes away before its answer harms nobody")
def _():
    _, helper = ready_helper()
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(API)
            client.sendall(b'{"execute": "list_hostfwd"}')
    tap.true("return" in helper.ask({"execute": "list_hostfwd"}), "the helper is gone")


@tap.case("IPv6 ports are published too")
def _():
    target, helper = ready_helper("--enable-ipv6")
    target.start(*process.PEER, "tcp-hello", "::", 80, "six").says("listening")
    helper.add(proto="tcp", host_addr="::1", host_port=8080, guest_addr="fd00::100", guest_port=80)
    tap.contains(fetch(8080, "[::1]"), "six ")


@tap.case("IPv6 ports follow the address that the guest is seen using, and stay bound")
def _():
    target, helper = ready_helper("--enable-ipv6")
    target.start(*process.PEER, "tcp-hello", "::", 80, "six").says("listening")
    target.start(*process.PEER, "udp-echo", "::", 53).says("listening")
    helper.add(proto="tcp", host_addr="::1", host_port=8080, guest_port=80)
    helper.add(proto="udp", host_addr="::1", host_port=5300, guest_port=53)
    target.run("sh", "-c", "ip address del fd00::100/64 dev tap0; "
               "ip address add fd00::77/64 dev tap0 nodad; ping -c 1 -W 5 fd00::2")
    tap.contains(fetch(8080, "[::1]"), "six ")
    process.succeeds(process.run([*process.PEER, "udp-ask", "::1", "5300", "100", "3"]))


@tap.case("the API socket is for its user only")
def _():
    ready_helper()
    tap.equal(stat.S_IMODE(os.stat(API).st_mode) & 0o077, 0)


@tap.case("a stale API socket is replaced; a file or a live socket there is an error")
def _():
    process.succeeds(process.run([*process.PYTHON, "-c", "import socket; "
                                  f"socket.socket(socket.AF_UNIX).bind('{API}')"]))
    _, helper = ready_helper()
    tap.true("return" in helper.ask({"execute": "list_hostfwd"}), "no return")
    second = Target()
    busy = Helper(second, "-c", api_path=API)
    tap.true(busy.process.wait(10).status > 0, "it took a live socket over")
    process.run(["sh", "-c", "echo precious >/tmp/file"])
    wrong = Helper(second, "-c", api_path="/tmp/file")
    tap.true(wrong.process.wait(10).status > 0, "it took a file for a socket")
    tap.equal(open("/tmp/file").read(), "precious\n")
    os.unlink("/tmp/file")


@tap.case("a helper that is killed leaves no API socket")
def _():
    _, helper = ready_helper()
    helper.process.signal(9)
    waiting.until(lambda: not os.path.exists(API), "the API socket's end")


@tap.case("forwards and API calls go on while traffic flows")
def _():
    target, helper = ready_helper()
    sink = process.peer("tcp-sink", "127.0.0.1", 7000)
    sender = target.start(*process.PEER, "tcp-send", "10.0.2.2", 7000, 200_000_000)
    waiting.until(lambda: "client" in sink.out, "the sender's connection")
    for port in range(8000, 8050):
        helper.add(proto="tcp", host_port=port, guest_port=80)
    tap.equal(len(helper.ask({"execute": "list_hostfwd"})["return"]["entries"]), 50)
    said = sender.wait(60).out.split()
    tap.equal(said[:2], said[2:])


tap.main()
