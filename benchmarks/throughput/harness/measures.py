# SPDX-License-Identifier: Apache-2.0
"""What is measured. A measure takes a setting and a peer's link, and gives figures by name.

Up is from the guest to the host, down the other way; in and out are seen from the guest, too, with
the connection opened by a client of the published port.
"""
from collections.abc import Callable
from dataclasses import replace

from . import container, helper, iperf, peers, probe, world

HOST_PORT = 5301
IDLE_CONNECTIONS = 4000


def ready(_setting, link) -> dict:
    """How long the helper took, and what it weighs before any traffic."""
    if link.helper_pid is None:
        return {}
    return {"ready_ms": link.ready_seconds * 1000} | _memory(link, "idle")


def tcp_up(setting, link) -> dict:
    return _tcp(setting, link, "tcp_up", _to_host(setting, link))


def tcp_up_8(setting, link) -> dict:
    return _tcp(setting, link, "tcp_up_8", _to_host(setting, link), streams=8)


def tcp_down(setting, link) -> dict:
    return _tcp(setting, link, "tcp_down", _to_host(setting, link), reverse=True)


def published_in(setting, link) -> dict:
    return _tcp(setting, link, "published_in", _to_guest(setting, link))


def published_out(setting, link) -> dict:
    return _tcp(setting, link, "published_out", _to_guest(setting, link), reverse=True)


def remote_in(setting, link) -> dict:
    return _tcp(setting, link, "remote_in", _from_remote(setting, link))


def remote_out(setting, link) -> dict:
    return _tcp(setting, link, "remote_out", _from_remote(setting, link), reverse=True)


def udp_up(setting, link) -> dict:
    return _udp(setting, link, "udp_up")


def udp_down(setting, link) -> dict:
    return _udp(setting, link, "udp_down", reverse=True)


def tcp_rtt(setting, link) -> dict:
    return _round_trips(setting, link, "tcp")


def udp_rtt(setting, link) -> dict:
    return _round_trips(setting, link, "udp")


def connect(setting, link) -> dict:
    rate = probe.connects(setting.probe, link, setting.seconds)
    return {"connect": rate["per_second"], "connect_failed": rate["failed"]}


def idle(setting, link) -> dict:
    """One stream up, alone and then beside idle connections."""
    path = _to_host(setting, link)
    alone = iperf.transfer(path, setting.seconds)
    with probe.holding_idle(setting.probe, link, IDLE_CONNECTIONS):
        weight = _memory(link, "loaded")
        loaded = iperf.transfer(path, setting.seconds)
    return weight | {"idle_share": loaded.gbit_per_second / alone.gbit_per_second,
                     "idle_alone": alone.gbit_per_second, "idle_loaded": loaded.gbit_per_second}


def bridged(setting, link) -> dict:
    """One stream each way from a container behind a bridge, as a share of the guest's own."""
    if link.helper_pid is None:
        return {}
    direct = _to_host(setting, link)
    figures = {}
    with container.behind_bridge(setting, link) as place:
        behind = replace(direct, client=place)
        for name, reverse in (("bridged_up", False), ("bridged_down", True)):
            own = iperf.transfer(direct, setting.seconds, reverse=reverse)
            found = iperf.transfer(behind, setting.seconds, reverse=reverse)
            figures |= {f"{name}_share": found.gbit_per_second / own.gbit_per_second,
                        name: found.gbit_per_second}
    return figures


# In the order of the run: what leaves a helper with much to forget comes last.
MEASURES: dict[str, Callable] = {measure.__name__: measure for measure in (
    ready, tcp_up, tcp_up_8, tcp_down, published_in, published_out, remote_in, remote_out,
    bridged, udp_up, udp_down, tcp_rtt, udp_rtt, connect, idle)}


def _to_host(setting, link) -> iperf.Path:
    return iperf.Path(link.guest, setting.world.host, link.host_address, HOST_PORT, HOST_PORT)


def _to_guest(setting, link) -> iperf.Path:
    return iperf.Path(setting.world.host, link.guest, "127.0.0.1", link.published_port,
                      peers.GUEST_PORT)


def _from_remote(setting, link) -> iperf.Path:
    return iperf.Path(setting.world.remote, link.guest, world.HOST_ADDRESS, link.published_port,
                      peers.GUEST_PORT)


def _tcp(setting, link, name: str, path: iperf.Path, **how) -> dict:
    before = _cpu_seconds(link)
    result = iperf.transfer(path, setting.seconds, **how)
    figures = {name: result.gbit_per_second}
    if before is not None and result.gigabytes > 0:
        figures[f"{name}_cpu"] = (_cpu_seconds(link) - before) / result.gigabytes
    return figures


def _udp(setting, link, name: str, **how) -> dict:
    result = iperf.transfer(_to_host(setting, link), setting.seconds, udp=True, **how)
    return {name: result.gbit_per_second, f"{name}_lost": result.lost_percent}


def _round_trips(setting, link, protocol: str) -> dict:
    result = probe.round_trips(setting.probe, link, protocol, setting.seconds)
    return {f"{protocol}_rtt": result["per_second"], f"{protocol}_rtt_p50": result["p50_us"],
            f"{protocol}_rtt_p99": result["p99_us"], f"{protocol}_rtt_lost": result["lost"]}


def _cpu_seconds(link) -> float | None:
    return None if link.helper_pid is None else helper.cpu_seconds(link.helper_pid)


def _memory(link, when: str) -> dict:
    if link.helper_pid is None:
        return {}
    weight = helper.memory(link.helper_pid)
    return {f"memory_{when}": weight.rss_mb, f"memory_{when}_pss": weight.pss_mb}
