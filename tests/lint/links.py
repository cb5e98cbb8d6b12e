#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents point to exists: links between them, and paths written as code."""

import re

from support import source_tree, tap

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# `HACKING.md`; `tools/test.sh`, `src/base/fd.hh`: a path below a folder of the project, perhaps with
# arguments.
CODE_PATH = re.compile(
    r"`([A-Z]+\.md|(?:benchmarks|doc|include|launcher|man|packaging|src|tests|tools|\.ci)/[\w./-]+)")


def anchors(path) -> set[str]:
    """The anchors that a forge makes of a document's headings."""
    headings = re.findall(r"^#+\s+(.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def dead_links(page) -> list[str]:
    dead = []
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        file_name, _, anchor = target.partition("#")
        file = (page.parent / file_name) if file_name else page
        if not file.exists():
            dead.append(f"{target}: no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            dead.append(f"{target}: no such heading")
    return dead


def dead_paths(page) -> list[str]:
    return [p for p in CODE_PATH.findall(page.read_text())
            if not (source_tree.ROOT / p.rstrip(".")).exists()]


for document in source_tree.with_suffix(".md"):
    tap.case(f"the links of {source_tree.name(document)} lead somewhere")(
        lambda page=document: tap.equal(dead_links(page), []))
    tap.case(f"the paths named in {source_tree.name(document)} exist")(
        lambda page=document: tap.equal(dead_paths(page), []))


tap.main()
