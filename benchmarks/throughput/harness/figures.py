# SPDX-License-Identifier: Apache-2.0
"""The rows of the report, and how they are won from samples: medians, and the median of the ratios
to bare loopback within the same repetition."""
from dataclasses import dataclass
from statistics import median

from . import peers


@dataclass(frozen=True)
class Row:
    figure: str
    label: str
    unit: str
    measure: str  # that it comes from
    has_ratio: bool = True
    decimals: int = 2


@dataclass(frozen=True)
class Cell:
    """What one peer reached in one row."""
    median: float | None = None
    ratio: float | None = None
    reason: str | None = None  # why there is no figure


SPEED = (
    Row("tcp_up", "TCP guest to host, 1 stream", "Gbit/s", "tcp_up"),
    Row("tcp_up_8", "TCP guest to host, 8 streams", "Gbit/s", "tcp_up_8"),
    Row("tcp_down", "TCP host to guest, 1 stream", "Gbit/s", "tcp_down"),
    Row("published_in", "published port, into the guest", "Gbit/s", "published_in"),
    Row("published_out", "published port, out of the guest", "Gbit/s", "published_out"),
    Row("remote_in", "published port, in from a remote client", "Gbit/s", "remote_in"),
    Row("remote_out", "published port, out to a remote client", "Gbit/s", "remote_out"),
    Row("udp_up", "UDP 1400 B delivered, guest to host", "Gbit/s", "udp_up"),
    Row("udp_down", "UDP 1400 B delivered, host to guest", "Gbit/s", "udp_down"),
    Row("tcp_rtt", "TCP round trips", "/s", "tcp_rtt", decimals=0),
    Row("udp_rtt", "UDP round trips", "/s", "udp_rtt", decimals=0),
    Row("connect", "TCP connect + 1 byte + close, 16 at once", "/s", "connect", decimals=0),
    Row("bridged_up", "container behind a bridge, to the host", "Gbit/s", "bridged", False),
    Row("bridged_up_share", "... of the guest's own", "", "bridged", False),
    Row("bridged_down", "container behind a bridge, from the host", "Gbit/s", "bridged", False),
    Row("bridged_down_share", "... of the guest's own", "", "bridged", False),
    Row("idle_share", "1 stream beside 4000 idle connections", "of alone", "idle", False),
)
COST = (
    Row("tcp_up_cpu", "helper CPU, guest to host", "s/GB", "tcp_up", False),
    Row("tcp_down_cpu", "helper CPU, host to guest", "s/GB", "tcp_down", False),
    Row("published_in_cpu", "helper CPU, published port in", "s/GB", "published_in", False),
    Row("memory_idle", "helper memory (RSS), idle", "MB", "ready", False, 1),
    Row("memory_loaded", "helper memory (RSS), 4000 idle connections", "MB", "idle", False, 1),
    Row("ready_ms", "time to ready", "ms", "ready", False, 1),
)
DETAIL = (
    Row("tcp_rtt_p50", "TCP round trip, median", "us", "tcp_rtt", False, 0),
    Row("tcp_rtt_p99", "TCP round trip, 99th percentile", "us", "tcp_rtt", False, 0),
    Row("udp_rtt_p50", "UDP round trip, median", "us", "udp_rtt", False, 0),
    Row("udp_rtt_p99", "UDP round trip, 99th percentile", "us", "udp_rtt", False, 0),
    Row("udp_up_lost", "UDP lost, guest to host", "%", "udp_up", False, 1),
    Row("udp_down_lost", "UDP lost, host to guest", "%", "udp_down", False, 1),
)
LAUNCH = (
    Row("launch_ms", "run `true` in a namespace", "ms", "launch", False, 1),
    Row("at_once_ms", "start 100 at once", "ms", "launch", False, 0),
    Row("at_once_mb", "memory of each (PSS)", "MB", "launch", False, 1),
)
ROWS = (*SPEED, *COST, *DETAIL)


class Results:
    def __init__(self, samples: list):
        self._samples = samples

    def cell(self, row: Row, peer: str, mtu: int | None) -> Cell:
        values = self._values(row.figure, peer, mtu)
        if not values:
            return Cell(reason=self._reason(row.measure, peer, mtu))
        return Cell(median(values.values()), self._ratio(row, values, mtu))

    def has_row(self, row: Row, mtu: int | None) -> bool:
        return any(row.figure in sample.figures for sample in self._samples if sample.mtu == mtu)

    def errors(self) -> dict[str, int]:
        """What went wrong, and how often."""
        counts: dict[str, int] = {}
        for sample in self._samples:
            if sample.error:
                text = f"{sample.peer}, {sample.measure}: {sample.error}"
                counts[text] = counts.get(text, 0) + 1
        return counts

    def as_dict(self, names: list[str], mtus: list[int]) -> dict:
        groups = [(mtu, ROWS) for mtu in mtus] + [(None, LAUNCH)]
        return {str(mtu or "launch"): {
            row.figure: {peer: vars(self.cell(row, peer, mtu)) for peer in names}
            for row in rows if self.has_row(row, mtu)} for mtu, rows in groups}

    def _values(self, figure: str, peer: str, mtu: int | None) -> dict[int, float]:
        """By repetition."""
        return {sample.repetition: sample.figures[figure] for sample in self._samples
                if sample.mtu == mtu and sample.peer == peer
                and sample.figures.get(figure) is not None}

    def _ratio(self, row: Row, values: dict[int, float], mtu: int | None) -> float | None:
        baseline = self._values(row.figure, peers.BASELINE, mtu)
        ratios = [value / baseline[repetition] for repetition, value in values.items()
                  if row.has_ratio and baseline.get(repetition)]
        return median(ratios) if ratios else None

    def _reason(self, measure: str, peer: str, mtu: int | None) -> str | None:
        return next((sample.error for sample in self._samples
                     if sample.peer == peer and sample.error and sample.mtu in (mtu, None)
                     and sample.measure in (measure, "all")), None)
