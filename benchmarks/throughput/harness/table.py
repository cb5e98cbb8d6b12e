# SPDX-License-Identifier: Apache-2.0
"""The report as Markdown."""
from . import figures, peers


def markdown(results: figures.Results, options, facts: dict) -> str:
    names = [peers.BASELINE, *options.peers]
    parts = [_preface(options, facts)]
    for mtu in options.mtu:
        rows = [row for row in figures.ROWS if results.has_row(row, mtu)]
        if rows:
            parts.append(f"### MTU {mtu}\n\n" + _table(results, rows, names, mtu))
    if rows := [row for row in figures.LAUNCH if results.has_row(row, None)]:
        parts.append("### Launching\n\n" + _table(results, rows, names, None))
    if errors := results.errors():
        lines = (f"- {text}" + (f" ({count} times)" if count > 1 else "")
                 for text, count in errors.items())
        parts.append("### Not measured\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _preface(options, facts: dict) -> str:
    versions = "; ".join(f"{name}: {version}" for name, version in facts["versions"].items()
                         if version != "not found")
    return (f"Medians of {options.repeat} repetitions of {options.seconds} s; in brackets the "
            f"ratio to bare loopback in the same repetition. Congestion control "
            f"{facts['congestion_control']} on both ends and in the baseline. "
            f"{facts['processors']} x {facts['processor']}, Linux {facts['kernel']}, load "
            f"{facts['load_before']:.1f} before the run. {versions}.")


def _table(results: figures.Results, rows: list[figures.Row], names: list[str],
           mtu: int | None) -> str:
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for row in rows:
        label = f"{row.label}, {row.unit}" if row.unit else row.label
        cells = (_text(row, name, results.cell(row, name, mtu)) for name in names)
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _text(row: figures.Row, name: str, cell: figures.Cell) -> str:
    if cell.median is None:
        return "-"
    value = f"{cell.median:.{row.decimals}f}"
    if cell.ratio is None or name == peers.BASELINE:
        return value
    return f"{value} ({cell.ratio:.2f})"
