#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No file is too long to be read at a sitting. (Functions: .clang-tidy.)"""

import statistics

from support import source_tree, tap

MOST_LINES = 500
MEDIAN_LINES = 120


def lines(path) -> int:
    return len(path.read_text().splitlines())


@tap.case(f"no source file has more than {MOST_LINES} lines")
def _():
    long = [f"{source_tree.name(p)} has {lines(p)}"
            for p in source_tree.with_suffix(".hh", ".cc", ".py", ".sh") if lines(p) > MOST_LINES]
    tap.equal(long, [])


@tap.case(f"the median of the programs' files is at most {MEDIAN_LINES} lines")
def _():
    sizes = [lines(p) for p in source_tree.with_suffix(".hh", ".cc", below=("src", "launcher"))]
    tap.true(sizes, "no sources")
    tap.true(statistics.median(sizes) <= MEDIAN_LINES, f"it is {statistics.median(sizes)}")


tap.main()
