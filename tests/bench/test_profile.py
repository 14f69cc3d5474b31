"""The profile of a month close goes through every stage, and adds up. No times."""

from __future__ import annotations

import pytest

from bench.month_close import profile
from bench.place.place import Place


def test_every_stage_of_a_month_close_is_in_its_profile(place: Place) -> None:
    found = profile.measure(place, 100, repeats=1, seed=1)

    assert list(found) == ["load", "plan", "check", "apply", "all else", "Python", "PostgreSQL"]
    # A session's CPU time is read to the hundredth of a second, which so few accounts may not take.
    assert all(us > 0 for name, us in found.items() if name != "PostgreSQL")
    assert sum(us for name, us in found.items() if name not in ("Python", "PostgreSQL")) == pytest.approx(
        found["Python"]
    )
