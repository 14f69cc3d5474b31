"""The short form of `make chaos`, and its control: real servers, workers and beats, faults by a seed, and the proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chaos.director import TAIL, Run
from chaos.report import as_json, as_text
from chaos.result import Result, Size

SIZE = Size(seed=4, events=800, faults=13, seconds=12, small=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Ends the processes and servers that it started, by their ids."""
    with ExitStack() as stack:
        yield Run(SIZE, tmp_path_factory.mktemp("chaos"), stack)


def test_nothing_is_lost_and_nothing_doubled(run: Run) -> None:
    result: Result = run.go()
    shown = as_text(result)
    assert result.is_good, shown
    # Beside those that lay in nothing but the broker's memory when it was taken away.
    assert result.verdict.events["promised"] > SIZE.events / 2
    assert result.faults.total() == SIZE.faults
    assert result.verdict.lost["promised"] == result.verdict.doubled == 0
    for what in ("bills issued", "taken back by gateways", "gateway_event"):
        assert result.verdict.counts[what] > 0, what
    # Nothing ended that was not ended, and what was asked to end did.
    assert not result.ended_by_themselves, shown
    assert not result.slow_ends, shown
    assert "everything that must hold does" in shown
    assert as_json(result)["lost"].get("promised", 0) == 0


def test_the_same_without_its_sweeper_is_found_wanting(run: Run) -> None:
    verdict = run.go_on_without_sweeper()
    assert not verdict.is_good
    assert len(verdict.faults["every accepted event took effect"]) == TAIL
    assert verdict.doubled == 0
