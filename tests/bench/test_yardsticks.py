"""What benchmarks measure the product against writes the same rows, else they end. No times."""

from __future__ import annotations

import pytest

from bench import focus, overdue, unified
from bench.place.place import Place


def test_a_unified_settlement_leaves_what_hand_made_sql_does(place: Place) -> None:
    found = unified.measure(place, 12, repeats=1)
    assert (found["bills"], found["repeats"]) == (12, 1)


def test_the_daily_check_announces_what_one_statement_does(place: Place) -> None:
    found = overdue.measure(place, 30, repeats=1)
    assert (found["bills"], found["repeats"]) == (30, 1)


def test_an_import_books_the_rows_that_are_copied_beside_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(focus, "SMALLER", 2)
    found = focus.measure(place, 60, repeats=1)
    assert (found["rows"], found["smaller_rows"]) == (60, 30)
    assert found["most_mb"] > 0
