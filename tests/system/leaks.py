#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The helper gives back what it took. Only where LeakSanitizer is built in; it cannot work behind
the filter and in the empty root, so these two are left out here (tests/support/traceable.cc).
Programs without a filter are looked at by it in every case of the suite."""

import os

from support import host, process, tap
from support.target import Helper, Target

API = "/tmp/api.sock"


def traceable(*settings: str) -> tuple[str, ...]:
    options = os.environ.get("ASAN_OPTIONS", "")
    return ("env", f"LD_PRELOAD={host.BUILD / 'tests/support/libtraceable.so'}",
            f"ASAN_OPTIONS={options}:verify_asan_link_order=0", "LSAN_OPTIONS=log_threads=1",
            *settings)


@tap.case("the helper ends without a leak after TCP, UDP, names and API requests")
def _():
    target = Target()
    helper = Helper(target, "-c", exit_fd=True, api_path=API, wrapper=traceable()).ready()
    target.start(*process.PEER, "tcp-hello", "0.0.0.0", 80, "hi").says("listening")
    target.start(*process.PEER, "udp-echo", "0.0.0.0", 53).says("listening")
    helper.add(proto="tcp", host_addr="127.0.0.1", host_port=8080, guest_port=80)
    helper.add(proto="udp", host_addr="127.0.0.1", host_port=5300, guest_port=53)
    tap.contains(process.succeeds(process.run(["socat", "-T15", "-u", "TCP:127.0.0.1:8080", "-"])),
                 "hi ")
    process.succeeds(process.run([*process.PEER, "udp-ask", "127.0.0.1", "5300", "100", "3"]))
    target.try_run("getent", "hosts", "nowhere.example")
    helper.ask({"execute": "remove_hostfwd", "arguments": {"id": 1}})
    helper.error_of("nonsense")
    helper.hang_up()
    result = helper.process.wait()
    tap.contains(result.err, "Processing thread")  # It has been looked for.
    tap.lacks(result.err, "Sanitizer")
    tap.equal(result.status, 0)


@tap.case("a leak would be told")
def _():
    helper = Helper(Target(), exit_fd=True, wrapper=traceable("NSRUN_PLANTED_LEAK=1")).ready()
    helper.hang_up()
    result = helper.process.wait()
    tap.contains(result.err, "LeakSanitizer", "in seccomp_load")
    tap.true(result.status != 0, "status 0")


tap.main()
