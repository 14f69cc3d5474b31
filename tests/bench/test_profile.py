"""The profiles of a month close and of events go through every stage, and add up. No times."""

from __future__ import annotations

import pytest

from bench.events import profile as event_profile
from bench.month_close import profile
from bench.place.place import Place
from bench.place.stages import stages


def test_every_stage_of_a_month_close_is_in_its_profile(place: Place) -> None:
    found = profile.measure(place, 100, repeats=1, seed=1)

    assert list(found) == ["load", "plan", "check", "apply", "all else", "Python", "PostgreSQL"]
    # A session's CPU time is read to the hundredth of a second, which so few accounts may not take.
    assert all(us > 0 for name, us in found.items() if name != "PostgreSQL")
    assert sum(us for name, us in found.items() if name not in ("Python", "PostgreSQL")) == pytest.approx(
        found["Python"]
    )


def test_every_stage_of_an_event_is_in_its_profile(place: Place) -> None:
    found = event_profile.measure(place, 100, repeats=1, seed=1)

    python = ["read", "insert", "claim", "parse", "scope", "load", "plan", "check", "apply", "all else"]
    assert list(found) == [*python, "Python", "PostgreSQL, recording", "PostgreSQL, settling"]
    assert all(found[name] > 0 for name in (*python, "Python"))
    assert sum(found[name] for name in python) == pytest.approx(found["Python"])


class _Work:
    def outer(self) -> str:
        self.inner()
        return "done"

    def inner(self) -> None:
        sum(range(200_000))


def test_what_a_stage_calls_of_another_is_counted_once() -> None:
    with stages({"outer": ((_Work, "outer"),), "inner": ((_Work, "inner"),)}) as used:
        assert _Work().outer() == "done"

    assert 0 < used["outer"] < used["inner"]
