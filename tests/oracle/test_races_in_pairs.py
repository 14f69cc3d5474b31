"""Two connections at once over the same accounts, every act against every other: one of the two came first.

Which one is not said, but everything is as if it had been so, by the oracle. Rule: R8.*, R9.*, R11.*. The suite races a
part of the pairs, each in one way; `make oracle` all of them, whichever comes first and on every stage.
"""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.oracle.comparison import expected, found
from tests.oracle.events import Telling
from tests.oracle.oracle import Oracle
from tests.oracle.racers import KINDS, Racer
from tests.oracle.stage import Stage, set_up
from tests.support.drawn.racing import Place, Racing
from tests.support.shared_database import empty
from tests.support.world import World

ALL = bool(os.environ.get("ORACLE_EXAMPLES"))
PLACES: tuple[Place, ...] = ("before locking", "before writing", "before committing")
PAIRS = list(enumerate(itertools.combinations_with_replacement(KINDS, 2)))
# By a step that is prime to everything here, so that every act is met.
RACED = PAIRS if ALL else PAIRS[::11]


@pytest.fixture(scope="module")
def racing(postgres, shared_database) -> Iterator[Racing]:
    both = Racing(postgres.worker_url(shared_database))
    yield both
    both.close()


def ways(number: int, first: str, second: str) -> list[tuple[Stage, Place, bool]]:
    """On which stage, where the first one is stopped, and whether they change places."""
    one, other = KINDS[first][1], KINDS[second][1]
    stages = list(dict.fromkeys((one.over(other), other.over(one))))
    if ALL:
        return [
            (stage, PLACES[(number + is_swapped) % 3], is_swapped)
            for stage in stages
            for is_swapped in (False, True)
        ]
    found = list(itertools.product(stages, PLACES, (False, True)))
    return [found[number % len(found)]]


@pytest.mark.parametrize(("number", "pair"), RACED, ids=[" and ".join(pair) for _, pair in RACED])
def test_whatever_races_one_of_the_two_came_first(
    emptying: psycopg.Connection, shared_store, racing: Racing, number, pair
):
    for stage, place, is_swapped in ways(number, *pair):
        empty(emptying)
        told = Telling(World(shared_store, at="2026-09-20 00:00"))
        set_up(told, stage)
        first, second = (KINDS[name][0](told) for name in (pair[::-1] if is_swapped else pair))
        racing.race(first.do, second.do, stop=place)
        there, codes = found(told.world), told.codes()
        orders = [
            told_in_order(told.oracle, first, second, codes),
            told_in_order(told.oracle, second, first, codes),
        ]
        assert there in orders, f"{stage}, {place}, {is_swapped}: {differences(there, orders)}"
        assert told.world.one("SELECT max(attempts) FROM inbox") == 0
        assert told.world.violated() == {}


def told_in_order(before: Oracle, first: Racer, second: Racer, codes: dict[str, str | None]) -> object:
    """What should be there if they had come one after the other; nothing, if events were refused for other reasons."""
    oracle = copy.deepcopy(before)
    for racer in (first, second):
        may_be = racer.tell(oracle)
        for event_id in racer.event_ids:
            code = codes[event_id]
            if code not in may_be and not (code is None and not may_be):
                return f"{code} is none of {may_be or 'done'}"
    return expected(oracle.books)


def differences(there: dict, orders: list) -> str:
    return "; or ".join(
        order
        if isinstance(order, str)
        else repr([(name, there.get(name), order[name]) for name in order if there.get(name) != order[name]])
        for order in orders
    )


def test_no_deadlock_had_to_be_broken(racing, shared_store):
    assert (
        World(shared_store).one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        == 0
    )
