# SPDX-License-Identifier: Apache-2.0
"""Repetitions, MTUs, measures and peers, in this order: a measure goes round all peers before the
next one starts, so that noise of the machine hits all alike. Gathers samples; nothing that fails
ends the run."""
import contextlib
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import launch, measures, peers
from .place import MeasureFailed
from .programs import Programs
from .world import World

FIRST_PUBLISHED_PORT = 5101


@dataclass
class Setting:
    """What every measure may need."""
    options: object
    world: World
    programs: Programs
    scratch: Path

    @property
    def seconds(self) -> int:
        return self.options.seconds

    @property
    def probe(self) -> str:
        return self.programs.find("netns_bench")


@dataclass
class Sample:
    repetition: int
    mtu: int | None  # None: for what the MTU does not matter
    peer: str
    measure: str
    figures: dict = field(default_factory=dict)
    error: str | None = None

    def as_dict(self) -> dict:
        return {key: value for key, value in asdict(self).items() if value is not None}


class Campaign:
    def __init__(self, setting: Setting):
        self._setting = setting
        self._samples: list[Sample] = []
        self._missing: dict[str, str] = {}  # peer -> why it is not tried

    def run(self) -> list[Sample]:
        options = self._setting.options
        self._leave_out_missing_peers()
        for repetition in range(options.repeat):
            for mtu in options.mtu:
                self._run_round(repetition, mtu)
            if "launch" in options.only:
                self._launch(repetition)
        return self._samples

    def _leave_out_missing_peers(self):
        for peer in self._setting.options.peers:
            if reason := peers.reason_against(peer, self._setting.programs):
                self._missing[peer] = reason
                self._add(Sample(0, None, peer, "all", error=reason))

    def _run_round(self, repetition: int, mtu: int):
        names = [name for name in measures.MEASURES if name in self._setting.options.only]
        with contextlib.ExitStack() as links:
            connected = self._connect_all(links, repetition, mtu)
            for name in names:
                for link in connected:
                    self._measure(repetition, link, name)

    def _connect_all(self, links: contextlib.ExitStack, repetition: int, mtu: int) -> list:
        """Each repetition begins with another peer."""
        present = [peer for peer in self._setting.options.peers if peer not in self._missing]
        first = repetition % max(1, len(present))
        connected = []
        for index, peer in enumerate([peers.BASELINE, *present[first:], *present[:first]]):
            try:
                connected.append(links.enter_context(peers.connected(
                    peer, mtu, self._setting, FIRST_PUBLISHED_PORT + index)))
            except (MeasureFailed, OSError, ValueError) as error:
                self._add(Sample(repetition, mtu, peer, "all", error=str(error)))
        return connected

    def _measure(self, repetition: int, link, name: str):
        sample = Sample(repetition, link.mtu, link.peer, name)
        try:
            sample.figures = measures.MEASURES[name](self._setting, link)
        except (MeasureFailed, OSError, ValueError, KeyError) as error:
            sample.error = str(error) or type(error).__name__
        self._add(sample)

    def _launch(self, repetition: int):
        for peer, launcher in launch.launchers(self._setting).items():
            sample = Sample(repetition, None, peer, "launch")
            try:
                sample.figures = launch.measured(self._setting, launcher)
            except (MeasureFailed, OSError, ValueError, KeyError) as error:
                sample.error = str(error)
            self._add(sample)

    def _add(self, sample: Sample):
        self._samples.append(sample)
        if sample.figures or sample.error:
            first = next(((key, value) for key, value in sample.figures.items()), None)
            said = sample.error or f"{first[0]} {first[1]:.3g}"
            mtu = f"mtu {sample.mtu}" if sample.mtu else ""
            print(f"{time.strftime('%H:%M:%S')} [{sample.repetition + 1}] {mtu:9} "
                  f"{sample.measure:13} {sample.peer:13} {said}", file=sys.stderr)
