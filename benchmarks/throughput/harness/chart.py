# SPDX-License-Identifier: Apache-2.0
"""The report as a chart, in SVG written by hand.

One column of bars per MTU. Above: each peer's share of what bare loopback reached. Below: what it
costs, each row on a scale of its own.
"""
from html import escape

from . import figures

COLOURS = {"ours": "#0072b2", "ours-libslirp": "#7fb8d8", "slirp4netns": "#d55e00",
           "pasta": "#009e73"}
LABELS, PANEL, GAP, MARGIN = 340, 360, 90, 24  # widths
BAR, SPACE = 12, 12  # heights: of a bar, and between two rows
SHARE_SHOWN = 1.1  # longer bars are cut here; their figure stands beside them
GREY, DARK = "#d8d8d8", "#222222"


def svg(results: figures.Results, options, facts: dict) -> str:
    return _Chart(results, options, facts).draw()


class _Chart:
    def __init__(self, results: figures.Results, options, facts: dict):
        self._results = results
        self._options = options
        self._facts = facts
        self._parts: list[str] = []
        self._y = MARGIN

    def draw(self) -> str:
        self._head()
        self._section("Share of bare host loopback (longer is better)", figures.SPEED, True)
        self._section("Cost (shorter is better; each row has its own scale)", figures.COST, False)
        width = LABELS + len(self._options.mtu) * (PANEL + GAP) + MARGIN
        height = self._y + MARGIN
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" '
                f'fill="{DARK}">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
                + "\n".join(self._parts) + "\n</svg>\n")

    def _head(self):
        facts = self._facts
        self._y += 8
        self._text(MARGIN, self._y, "Network namespaces without root, compared", size=18)
        self._y += 20
        self._text(MARGIN, self._y,
                   f"medians of {self._options.repeat} x {self._options.seconds} s, "
                   f"{facts['processors']} x {facts['processor']}, Linux {facts['kernel']}, "
                   f"congestion control {facts['congestion_control']}", size=11)
        self._y += 24
        x = MARGIN
        for peer in self._options.peers:
            self._box(x, self._y - 10, 12, COLOURS[peer])
            self._text(x + 18, self._y, peer)
            x += 130
        self._y += 12

    def _section(self, title: str, rows: tuple, is_share: bool):
        rows = [row for row in rows
                if any(self._results.has_row(row, mtu) for mtu in self._options.mtu)]
        if not rows:
            return
        self._y += 28
        self._text(MARGIN, self._y, title, size=14)
        self._y += 24
        for column, mtu in enumerate(self._options.mtu):
            self._text(self._panel_x(column), self._y - 4, f"MTU {mtu}", weight="bold")
        row_height = len(self._options.peers) * BAR + SPACE
        if is_share:
            self._grid(len(rows) * row_height)
        for row in rows:
            self._row(row, is_share, row_height)
        self._y += 20 if is_share else 0

    def _grid(self, height: int):
        for column in range(len(self._options.mtu)):
            for quarter in range(5):
                x = self._panel_x(column) + PANEL / SHARE_SHOWN * quarter / 4
                self._parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{self._y}" '
                                   f'y2="{self._y + height}" stroke="{GREY}"/>')
                self._text(x, self._y + height + 14, f"{quarter / 4:g}", size=10, anchor="middle")

    def _row(self, row: figures.Row, is_share: bool, height: int):
        middle = self._y + height / 2 + 4
        label = f"{row.label}, {row.unit}" if row.unit else row.label
        self._text(LABELS - 10, middle, label, size=11, anchor="end")
        full = SHARE_SHOWN if is_share else self._largest(row)
        for column, mtu in enumerate(self._options.mtu):
            for index, peer in enumerate(self._options.peers):
                cell = self._results.cell(row, peer, mtu)
                self._bar(row, cell, peer, column, self._y + SPACE / 2 + index * BAR, full)
        self._y += height

    def _bar(self, row: figures.Row, cell: figures.Cell, peer: str, column: int, y: float,
             full: float):
        x = self._panel_x(column)
        if cell.median is None:
            self._text(x + 4, y + BAR - 3, "-", size=10)
            return
        value = cell.median if cell.ratio is None else cell.ratio
        length = PANEL * min(1.0, value / full) if full else 0
        self._box(x, y + 1, max(length, 1), COLOURS[peer])
        text = f"{cell.median:.{row.decimals}f}"
        if cell.ratio is not None:
            text += f" ({cell.ratio:.2f})"
        self._text(x + length + 4, y + BAR - 2, text, size=10)

    def _largest(self, row: figures.Row) -> float:
        cells = (self._results.cell(row, peer, mtu)
                 for mtu in self._options.mtu for peer in self._options.peers)
        return max((cell.median or 0 for cell in cells), default=0)

    @staticmethod
    def _panel_x(column: int) -> int:
        return LABELS + column * (PANEL + GAP)

    def _box(self, x: float, y: float, width: float, colour: str):
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                           f'height="{BAR - 2}" fill="{colour}"/>')

    def _text(self, x: float, y: float, text: str, *, size=12, anchor="start", weight="normal"):
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
                           f'font-weight="{weight}" text-anchor="{anchor}">{escape(text)}</text>')
