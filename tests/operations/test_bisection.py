"""A set that fails is tried in halves: everybody but the one at fault gets its turn, in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Busy, Unavailable
from settlement.operations.bisection import halved


@given(st.sets(st.integers(0, 40)), st.integers(0, 40))
def test_all_but_those_at_fault_are_done_once_and_in_order(bad, count):
    done, at_fault = [], []

    def act(part):
        if bad.intersection(part):
            raise ValueError
        done.extend(part)

    halved(range(count), act, lambda item, _: at_fault.append(item))
    assert done == [number for number in range(count) if number not in bad]
    assert at_fault == sorted(bad & set(range(count)))


def test_one_of_a_thousand_costs_twenty_tries():
    tries = []

    def act(part):
        tries.append(len(part))
        if 617 in part:
            raise Busy("locked")

    found = []
    halved(range(1000), act, lambda item, error: found.append((item, type(error))))
    assert found == [(617, Busy)]
    assert len(tries) <= 21


def test_what_meets_everybody_is_raised_at_once():
    tries = []

    def act(part):
        tries.append(len(part))
        raise Unavailable("PostgreSQL: gone")

    with pytest.raises(Unavailable):
        halved(range(1000), act, lambda *_: None)
    assert tries == [1000]
