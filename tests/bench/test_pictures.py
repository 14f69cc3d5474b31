"""Pictures of what was measured: drawn from results, and those of the docs from the results recorded."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from bench.parts.options import RESULTS
from bench.report import pictures, results

MACHINE = {"measured_at": "2026-11-30T12:00:00+00:00", "cores": 2, "cpu": "A processor", "postgresql": "18.6",
           "load_average_before": 0.25, "load_average_after": 1.5}  # fmt: skip


def pair(workers_s: float, handmade_s: float, **more: float) -> dict[str, float]:
    return {"workers_s": workers_s, "handmade_s": handmade_s, **more}


def size(accounts: int, *pairs: dict[str, float]) -> dict[str, Any]:
    return {"accounts": accounts, "pairs": list(pairs)}


GROWTH: dict[str, Any] = {
    "machine": MACHINE,
    "sizes": [
        size(1_000, pair(0.1, 0.05, workers_cpu_s=0.12, handmade_cpu_s=0.06)),
        size(300_000, pair(20, 12, workers_cpu_s=33, handmade_cpu_s=24)),
        size(3_000_000, pair(230, 130, workers_cpu_s=380, handmade_cpu_s=260)),
    ],
}
SCALING: dict[str, Any] = {
    "machine": MACHINE,
    "accounts": 10_000,
    "sweep": [
        {"range_size": size, "processes": processes, "seconds": 2 / processes, "cpu_s": 1.5, "largest_mb": 90.0}
        for size in (250, 2_000) for processes in (1, 2, 4)
    ],
}  # fmt: skip


def texts(picture: str) -> list[str]:
    """What is written in a picture; text is text in it."""
    return [
        "".join(found.itertext()) for found in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
    ]


def lines(picture: str) -> list[int]:
    """How many points each line of the picture has."""
    space = "{http://www.w3.org/2000/svg}"
    shown = [
        group
        for group in ET.fromstring(picture).iter(f"{space}g")
        if group.get("id", "").startswith("line2d_")
    ]
    # A series is drawn as one path, and each of its points as a copy of its marker.
    return [count for group in shown if (count := len(list(group.iter(f"{space}use")))) > 1]


def test_growth_has_both_ways_by_the_clock_and_in_cpu_time():
    picture = pictures.svg("growth", GROWTH)
    written = texts(picture)
    assert {"A bill, by the clock", "A bill, in CPU time", "µs per bill"} <= set(written)
    assert [text for text in written if text in ("1k", "300k", "3M")] == ["1k", "300k", "3M"] * 2
    assert sum(text == "hand-made SQL" for text in written) == 2
    assert {"Celery workers", "Celery workers and PostgreSQL"} <= set(written)
    assert lines(picture) == [3, 3, 3, 3]
    assert any(
        "2 cores (A processor)" in text and "load 0.25 before and 1.5 after" in text for text in written
    )


def test_scaling_has_a_line_for_each_number_of_processes():
    picture = pictures.svg("scaling", SCALING)
    written = texts(picture)
    assert {"10,000 bills, by the clock", "10,000 bills, in CPU time", "bills per second"} <= set(written)
    assert [text for text in written if text.endswith(("process", "processes"))] == [
        "1 process",
        "2 processes",
        "4 processes",
    ] * 2
    assert lines(picture) == [2] * 6


def test_a_bill_whose_cpu_time_was_not_read_is_drawn_by_the_clock_alone():
    known = GROWTH["sizes"][0]
    picture = pictures.svg("growth", {"machine": MACHINE, "sizes": [known, size(30_000, pair(2, 1))]})
    assert lines(picture) == [2, 2]


def test_the_same_results_give_the_same_picture_and_others_another():
    picture = pictures.svg("growth", GROWTH)
    assert picture == pictures.svg("growth", GROWTH)
    assert pictures.drawn_from(picture) == pictures.digest(GROWTH)
    other = {**GROWTH, "sizes": GROWTH["sizes"][:2]}
    assert pictures.drawn_from(pictures.svg("growth", other)) != pictures.digest(GROWTH)


def test_only_what_was_measured_is_drawn(tmp_path: Path):
    assert [path.name for path in pictures.draw({"scaling": SCALING}, tmp_path)] == ["scaling.svg"]
    assert [path.name for path in tmp_path.iterdir()] == ["scaling.svg"]


@pytest.mark.parametrize("section", pictures.DRAWN)
def test_the_pictures_of_the_docs_are_of_the_results_recorded(section: str):
    picture = (pictures.FOLDER / f"{section}.svg").read_text("utf-8")
    recorded = results.read(RESULTS)[section]
    assert pictures.drawn_from(picture) == pictures.digest(recorded), "run `python -m bench show --pictures`"
    # Readable on a dark page: the picture brings its own background.
    assert "fill: #ffffff" in picture


def test_a_picture_of_something_else_says_not_what_it_was_drawn_from():
    with pytest.raises(ValueError, match="does not say"):
        pictures.drawn_from("<svg/>")
