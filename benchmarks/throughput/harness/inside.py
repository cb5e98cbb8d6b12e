# SPDX-License-Identifier: Apache-2.0
"""The run itself, in namespaces of its own: from the first process to the report."""
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

from . import account, chart, figures, peers, probe, table, world
from .campaign import Campaign, Setting
from .programs import Programs


def main(options) -> int:
    programs = Programs(options.build, options.inside)
    if programs.find("netns_bench") is None:
        print(f"run: netns_bench is not in {options.build}: build it (meson setup build && "
              "ninja -C build netns_bench) or name the build tree with --build", file=sys.stderr)
        return 2
    _allow_many_descriptors()
    user = account.pick()
    scratch = _prepared_scratch(options.inside, user)
    facts = _facts(programs, user)
    with world.made(user) as made:
        facts["congestion_control"] = made.congestion_control
        setting = Setting(options, made, programs, scratch)
        with probe.serving(setting.probe, made.host):
            samples = Campaign(setting).run()
    facts["load_after"] = os.getloadavg()[0]
    _report(samples, options, facts)
    return 0


def _allow_many_descriptors():
    """The soft limit of the children: 4000 connections are two descriptors each in a helper."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))


def _prepared_scratch(scratch: Path, user: account.Account | None) -> Path:
    """The user's folder: sockets and pid files of the helpers."""
    scratch.chmod(0o755)
    if user:
        os.chown(scratch, user.uid, user.gid)
    return scratch


def _facts(programs: Programs, user: account.Account | None) -> dict:
    cpu_info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in cpu_info if line.startswith("model name")]
    return {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "kernel": platform.release(),
            "processors": os.cpu_count(), "processor": models[0] if models else platform.machine(),
            "user": user.name if user else "the caller", "versions": programs.versions(),
            "load_before": os.getloadavg()[0]}


def _report(samples: list, options, facts: dict):
    results = figures.Results(samples)
    print(table.markdown(results, options, facts))
    if options.json:
        chosen = {"repeat": options.repeat, "seconds": options.seconds, "mtu": options.mtu,
                  "only": options.only, "peers": options.peers}
        names = [peers.BASELINE, *options.peers]
        whole = facts | {"options": chosen, "summary": results.as_dict(names, options.mtu),
                         "samples": [sample.as_dict() for sample in samples]}
        options.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    if options.svg:
        options.svg.write_text(chart.svg(results, options, facts), encoding="utf-8")
