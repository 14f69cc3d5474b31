"""A short life of the benchmark of years: what it says of archives is so at any size. No times. Rule: R11.12."""

from __future__ import annotations

from pathlib import Path

from bench import years
from bench.place.place import Place


def test_months_are_written_out_as_they_are_over_and_nothing_comes_twice(
    place: Place, tmp_path: Path
) -> None:
    found = years.measure(place, 20, 3, events=2, fees=3)

    assert (found["violations"], found["accepted_again"]) == (0, 0)
    # Of three months the last is not over when it is closed: it is settled on the second of the next.
    assert len(list((tmp_path / "archives").glob("*-fees.parquet"))) == 2
    assert [one["month"] for one in found["with"]] == [202601, 202602, 202603]
    assert found["with"][-1]["mb"]["fee"] <= found["without"][-1]["mb"]["fee"]
