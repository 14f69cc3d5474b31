"""Charts drawn by the server: bars with their labels, as SVG. Each stands beside a table of the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 480, 190, 4, 24, 20
# As high as a label and its bar.
_ROW = 42
_CLASSES = ("one", "two", "three")


class Bar(NamedTuple):
    """A group of bars under one label. Heights are of one unit; `titles` say each in words."""

    label: str
    heights: Sequence[int]
    titles: Sequence[str]


def share(done: int, of: int, title: str) -> Markup:
    """How much of something is done, as one bar across."""
    wide = WIDTH * min(done, of) // of if of else 0
    return Markup(
        '<svg class="chart" viewBox="0 0 {} 20" role="img" aria-label="{}"><rect class="rest" x="0" y="0" width="{}" '
        'height="20"/><rect class="one" x="0" y="0" width="{}" height="20"><title>{}</title></rect></svg>'
    ).format(WIDTH, title, WIDTH, wide, f"{done:,} of {of:,}")


def across(rows: Sequence[Bar], title: str) -> Markup:
    """Bars one below another, each under its own label, so that names of any length do not touch; of each the first
    height is drawn, and its title stands at the end of its line.
    """
    most = max((row.heights[0] for row in rows), default=0) or 1
    parts = []
    for place, row in enumerate(rows):
        top = place * _ROW
        parts.append(
            Markup(
                '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>'
                '<rect class="rest" x="0" y="{}" width="{}" height="10"/>'
                '<rect class="one" x="0" y="{}" width="{}" height="10"><title>{}: {}</title></rect>'
            ).format(
                top + 16, row.label, WIDTH, top + 16, row.titles[0], top + 22, WIDTH, top + 22,
                WIDTH * max(0, row.heights[0]) // most, row.label, row.titles[0],
            )
        )  # fmt: skip
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, max(1, len(rows)) * _ROW, title, Markup("").join(parts)
    )


def bars(bars: Sequence[Bar], title: str, most_text: str) -> Markup:
    """Groups of bars side by side. `most_text`: what the highest of them means, written at its height."""
    most = max((height for bar in bars for height in bar.heights), default=0) or 1
    slot = (WIDTH - LEFT) // max(1, len(bars))
    parts: list[Markup] = []
    for place, bar in enumerate(bars):
        each = max(4, (slot - 16) // max(1, len(bar.heights)))
        start = LEFT + place * slot + 6
        for number, (height, text) in enumerate(zip(bar.heights, bar.titles, strict=True)):
            tall = (HEIGHT - BOTTOM - TOP) * max(0, height) // most
            parts.append(
                Markup(
                    '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
                ).format(
                    _CLASSES[number % 3], start + number * each, HEIGHT - BOTTOM - tall, each - 2, tall, text
                )
            )
        parts.append(Markup('<text x="{}" y="{}">{}</text>').format(start, HEIGHT - 8, bar.label))
    lines = Markup("").join(
        Markup('<line x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, height, height)
        for height in (TOP, HEIGHT - BOTTOM)
    )
    most_at = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(WIDTH, TOP - 5, most_text)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, HEIGHT, title, lines + most_at, Markup("").join(parts)
    )
