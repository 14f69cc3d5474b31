"""Pictures of what was measured, for the docs: drawn from the results alone, so that they can be made again."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.report.growth import costs
from bench.report.scaling import sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
_DIGEST = re.compile(r"<dc:identifier>([0-9a-f]{64})</dc:identifier>")
# Told apart by people who see few colours, by brightness too, and by the shape of the points.
_SERIES = (("#1f4e9c", "o"), ("#d1600a", "s"), ("#5b8c2a", "^"), ("#8a3f9e", "D"))
# Text stays text, for search and for readers aloud; on white, since a page may be dark. The same results give the same
# bytes.
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "settle", "font.family": "sans-serif", "font.size": 11,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd",
    "axes.axisbelow": True, "figure.facecolor": "white", "axes.facecolor": "white", "legend.frameon": False,
}  # fmt: skip


def draw(results: dict[str, Any], folder: Path) -> Iterator[Path]:
    """Draws every picture of which there are results into a folder, and hands out which those are."""
    for section in DRAWN:
        if section in results:
            path = folder / f"{section}.svg"
            path.write_text(svg(section, results[section]), "utf-8")
            yield path


def svg(section: str, measured: dict[str, Any]) -> str:
    """The picture of a section, with the digest of what it was drawn from in its metadata."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 4.4), layout="constrained")
        first, second = figure.subplots(1, 2)
        DRAWN[section](first, second, measured)
        figure.suptitle(_measured_on(measured), fontsize=10, color="#444444")
        written = io.BytesIO()
        # No date of drawing, and no release of the library, so that nothing but results changes a picture.
        metadata = {"Identifier": digest(measured), "Date": None, "Creator": None}
        figure.savefig(written, format="svg", metadata=metadata)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().decode().splitlines())


def digest(measured: dict[str, Any]) -> str:
    """What a section says, as a short text that is another when the section is."""
    return hashlib.sha256(json.dumps(measured, sort_keys=True).encode()).hexdigest()


def drawn_from(picture: str) -> str:
    """The digest of the section that a picture was drawn from.

    Raises:
        ValueError: it has none.
    """
    found = _DIGEST.search(picture)
    if found is None:
        raise ValueError("the picture does not say what it was drawn from")
    return found[1]


def _growth(clock: Axes, cpu: Axes, measured: dict[str, Any]) -> None:
    found = costs(measured)
    at = [cost.accounts for cost in found]
    _lines(
        clock,
        {
            "Celery workers": (at, [cost.workers_us for cost in found]),
            "hand-made SQL": (at, [cost.handmade_us for cost in found]),
        },
    )
    known = [cost for cost in found if cost.workers_cpu_us is not None and cost.handmade_cpu_us is not None]
    at = [cost.accounts for cost in known]
    _lines(
        cpu,
        {
            "Celery workers and PostgreSQL": (at, [cost.workers_cpu_us or 0.0 for cost in known]),
            "hand-made SQL": (at, [cost.handmade_cpu_us or 0.0 for cost in known]),
        },
    )
    for axes, title in ((clock, "A bill, by the clock"), (cpu, "A bill, in CPU time")):
        _named(axes, title, "accounts of the month (logarithmic)", "µs per bill", at)


def _scaling(rate: Axes, cpu: Axes, measured: dict[str, Any]) -> None:
    cells = sweep(measured)
    counts = sorted({cell.processes for cell in cells})
    by_count = {count: [cell for cell in cells if cell.processes == count] for count in counts}
    words = {1: "1 process", **{count: f"{count} processes" for count in counts if count > 1}}
    for axes, figure in ((rate, "bills_per_s"), (cpu, "cpu_us_per_bill")):
        _lines(
            axes,
            {
                words[count]: ([one.range_size for one in some], [getattr(one, figure) for one in some])
                for count, some in by_count.items()
            },
        )
    at = sorted({cell.range_size for cell in cells})
    bills = f"{measured['accounts']:,} bills"
    _named(rate, f"{bills}, by the clock", "accounts in a range (logarithmic)", "bills per second", at)
    _named(cpu, f"{bills}, in CPU time", "accounts in a range (logarithmic)", "µs CPU per bill", at)


def _lines(axes: Axes, series: dict[str, tuple[Sequence[float], Sequence[float]]]) -> None:
    """A line with points for each of a few series, with a legend."""
    for (label, (along, up)), (colour, marker) in zip(series.items(), _SERIES, strict=False):
        axes.plot(along, up, label=label, color=colour, marker=marker, markersize=6, linewidth=2)
    axes.legend()


def _named(axes: Axes, title: str, along: str, up: str, ticks: Sequence[int]) -> None:
    """What the axes are; upwards from nothing, so that heights can be compared."""
    axes.set_title(title)
    axes.set_xlabel(along)
    axes.set_ylabel(up)
    axes.set_xscale("log")
    axes.set_xticks(list(ticks), [_short(tick) for tick in ticks])
    axes.minorticks_off()
    # With room for the legend.
    axes.set_ylim(0, axes.dataLim.ymax * 1.3)


def _short(number: int) -> str:
    """10,000 as 10k, a million as 1M."""
    for unit, sign in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:g}{sign}"
    return str(number)


def _measured_on(measured: dict[str, Any]) -> str:
    machine = measured["machine"]
    words = f"{machine['cores']} cores ({machine['cpu']}), which PostgreSQL {machine['postgresql']} uses too"
    loads = [machine.get(f"load_average_{when}") for when in ("before", "after")]
    busy = f", load {loads[0]:g} before and {loads[1]:g} after" if None not in loads else ""
    return f"{words}, {machine['measured_at'][:10]}{busy}"


DRAWN: dict[str, Callable[[Axes, Axes, dict[str, Any]], None]] = {"growth": _growth, "scaling": _scaling}
