"""The short form of `make chaos ARGS=upgrade`: half of it, with the code of the previous release. Rule: R11.7e."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos.upgrade.releases import NotInHistory, releases, unpack
from chaos.upgrade.rollout import LOOK, MIGRATE, PROVE, issuance_after
from chaos.upgrade.run import upgrade_and_back
from settlement import __version__

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operating.md").read_text("utf-8").partition("\n## Upgrading\n")[2].partition("\n## ")[0]


def test_nothing_is_lost_while_this_release_takes_the_place_of_the_previous_one() -> None:
    try:
        outcome = upgrade_and_back(events=300, steps=4)
    except NotInHistory as missing:
        pytest.skip(str(missing))
    assert (outcome.lost, outcome.doubled, outcome.faults, outcome.unpublished) == (0, 0, 0, 0)
    assert outcome.is_good
    assert (outcome.failovers, outcome.events >= 300, len(outcome.gaps_s)) == (4, True, 4)


def test_what_the_page_has_typed_is_what_the_run_does() -> None:
    [block] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    typed = [line.partition("#")[0].split() for line in block.splitlines()]
    assert typed == [["settle", *words] for words in (MIGRATE, LOOK, PROVE)]


def test_the_newest_release_of_the_changelog_is_this_one_and_every_one_before_it_has_its_commit() -> None:
    newest, *before = releases()
    assert newest.version == __version__
    assert before
    assert all(release.commit for release in before)
    numbers = [tuple(map(int, release.version.split("."))) for release in (newest, *before)]
    assert numbers == sorted(set(numbers), reverse=True)


@pytest.mark.parametrize("release", [one for one in releases() if one.commit], ids=lambda one: one.version)
def test_the_commit_of_a_release_is_in_the_history_and_is_that_release(release, tmp_path) -> None:
    try:
        package = unpack(release.commit, tmp_path) / "settlement/__init__.py"
    except NotInHistory as missing:
        pytest.skip(str(missing))
    said = re.search(r'^__version__ = "(.*)"$', package.read_text("utf-8"), re.MULTILINE)
    # Up to 0.2.0 no program said which one it was.
    assert said is None if release.version == "0.2.0" else said is not None and said[1] == release.version


@pytest.mark.parametrize(
    ("at", "cycle", "issued_at"),
    [
        (datetime(2026, 11, 15, tzinfo=UTC), 202611, datetime(2026, 12, 2, 4, tzinfo=UTC)),
        (datetime(2026, 11, 30, 18, tzinfo=UTC), 202612, datetime(2027, 1, 2, 4, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, tzinfo=UTC), 202612, datetime(2027, 1, 2, 4, tzinfo=UTC)),
    ],
)
def test_the_month_that_is_closed_is_the_one_of_the_billing_zone(at, cycle, issued_at):
    assert issuance_after(at) == (cycle, issued_at)
