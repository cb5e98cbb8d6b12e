#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sums up the single test cases of Meson's logs: prints "N passed, N failed, N skipped" and exits
with 1 when a case failed or none passed.

testlog.junit.xml knows each case of gtest and TAP programs, but a program that crashed or ran out
of time may have no failed case in it. So testlog.json, one line for each program, is read too: a
program that went wrong without a failed case counts as one, and so does a folder without a log.
"""

import argparse
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict

WRONG = {"FAIL", "TIMEOUT", "INTERRUPT", "ERROR", "UNEXPECTEDPASS"}
PROJECT = "netns-run"


def case_outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def short(name: str) -> str:
    """Meson calls the program lint-rooms "netns-run:lint / lint-rooms"."""
    return name.split(" / ")[-1]


def program_of(suite: str, case: str) -> str:
    """Meson names a suite PROJECT for programs without cases, else PROJECT.PROGRAM[.SUITE]."""
    return short(case if suite == PROJECT else suite.removeprefix(PROJECT + ".")).split(".")[0]


def story(record: dict) -> str:
    """What a program that went wrong said: its failed TAP cases, else its last lines."""
    lines = record.get("stdout", "").splitlines()
    failed, is_failed = [], False
    for line in lines:
        is_failed = line.startswith("not ok") or (is_failed and line.startswith("#"))
        if is_failed:
            failed.append("  " + line)
    others = [*lines[-20:], *record.get("stderr", "").splitlines()[-20:]]
    return "\n".join(failed or others)


def count_folder(logs: pathlib.Path) -> Counter:
    """Counts the cases of one build folder."""
    by_program: dict[str, Counter] = defaultdict(Counter)
    if not (logs / "testlog.junit.xml").exists() or not (logs / "testlog.json").exists():
        print(f"\n{logs.parent}: no test has run")
        return Counter(failed=1)
    for suite in ElementTree.parse(logs / "testlog.junit.xml").getroot().iter("testsuite"):
        for case in suite.findall("testcase"):
            program = program_of(suite.get("name", ""), case.get("name", ""))
            by_program[program][case_outcome(case)] += 1
    for line in (logs / "testlog.json").read_text().splitlines():
        record = json.loads(line)
        name = short(record["name"])
        if record["result"] in WRONG:
            print(f"\n{logs.parent}: {name}: {record['result'].lower()}\n{story(record)}")
            if by_program[name]["failed"] == 0:
                by_program[name]["failed"] = 1
                # A lone "passed" is the program itself, not a case.
                if by_program[name]["passed"] == 1:
                    by_program[name]["passed"] = 0
    return sum(by_program.values(), Counter())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    counts: Counter = Counter()
    for folder in arguments.folders:
        counts += count_folder(folder / "meson-logs")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
