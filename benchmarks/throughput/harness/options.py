# SPDX-License-Identifier: Apache-2.0
"""The command line."""
import argparse
from pathlib import Path

from . import measures, peers

REPOSITORY = Path(__file__).resolve().parents[3]

DESCRIPTION = """\
Compares, in one run, ways to connect a network namespace without root:
bare host loopback (the measure of all things here), slirp4netns, pasta, ours,
and ours with all traffic through libslirp.

Everything happens in network namespaces that the run makes and that end with it:
one plays the host, one a remote machine, and each peer has a guest of its own.
Peers take turns within each repetition, so that noise hits all alike. Prints a
table; every figure is a median, with its ratio to bare loopback in the same run.
"""

EPILOG = f"""\
measures (--only): {', '.join(measures.MEASURES)}, launch

Started as root it uses root only to make its namespaces, to allow the congestion
control "cubic" there (undone in the end), to open /dev/net/tun for ordinary users
(mode 0666, as most distributions have it) and to read memory figures; everything
measured runs as an ordinary user. Started as an ordinary user it does without:
then congestion control is reno where cubic is not allowed to users.

examples:
  benchmarks/throughput/run --quick
  sudo benchmarks/throughput/run --repeat 5 --json figures.json --svg figures.svg
  sudo benchmarks/throughput/run --only tcp_up,tcp_down --peers ours,pasta --mtu 1500
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/throughput/run", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="DIR", type=Path, default=REPOSITORY / "build",
                        help="build tree with netns-slirp, netns-run and netns_bench (%(default)s)")
    parser.add_argument("--repeat", metavar="N", type=_number_between(1, 1000), default=5,
                        help="repetitions of everything (%(default)s)")
    parser.add_argument("--seconds", metavar="S", type=_number_between(1, 60), default=3,
                        help="length of each measurement (%(default)s)")
    parser.add_argument("--mtu", metavar="MTU,...", type=_list_of(_number_between(576, 65520)),
                        default=[1500, 65520],
                        help="MTUs of the guests' interfaces (1500,65520)")
    parser.add_argument("--quick", action="store_true",
                        help="one repetition of one second each: does it work?")
    parser.add_argument("--only", metavar="NAME,...",
                        type=_list_of(_one_of([*measures.MEASURES, "launch"])),
                        default=[*measures.MEASURES, "launch"], help="these measures only")
    parser.add_argument("--peers", metavar="NAME,...", type=_list_of(_one_of(peers.NAMES)),
                        default=peers.NAMES, help=f"these peers only ({','.join(peers.NAMES)})")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all samples")
    parser.add_argument("--svg", metavar="FILE", type=Path, help="draw a chart")
    parser.add_argument("--inside", metavar="SCRATCH", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.quick:
        options.repeat = options.seconds = 1
    return options


def _number_between(least: int, most: int):
    def parse_number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text}: expected a number from {least} to {most}")
        return int(text)
    return parse_number


def _one_of(names: list[str]):
    def parse_name(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text}: expected one of {', '.join(names)}")
        return text
    return parse_name


def _list_of(parse_item):
    def parse_list(text: str) -> list:
        return [parse_item(item) for item in text.split(",")]
    return parse_list
