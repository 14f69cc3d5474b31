"""What a worker of the previous release does with what only this one knows. Rule: R11.7d, R11.7e."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chaos.upgrade.releases import NotInHistory, releases, unpack
from settlement.storage.work.settings import versions
from tests.support.running.processes import Deployment, opened, top_up, wait_for

NOT_SETTLED = "events of the stream were recorded and not settled"


@pytest.fixture
def previous(made: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment on the schema of this release whose processes are of the one before."""
    commit = releases()[1].commit
    assert commit is not None
    try:
        made.code = unpack(commit, tmp_path_factory.mktemp("previous"))
    except NotInHistory as missing:
        pytest.skip(str(missing))
    return made


def test_a_task_that_only_this_release_has_is_set_aside_and_a_setting_stops_the_worker_until_it_is_replaced(
    previous: Deployment,
) -> None:
    made = previous
    # An event that comes while the first tick is at work waits behind it, and in that release for beat's sweep.
    beat = made.beat("old-beat")
    old = made.worker("old", "events", "upkeep")
    made.send("tasks.upkeep.issue_bills")
    made.add(opened("a"), top_up("a", 1))
    wait_for(lambda: made.cash_minor("a") == 10_00, old)
    set_aside = "SELECT task, code FROM quarantine"
    wait_for(lambda: made.rows(set_aside) == [("tasks.upkeep.issue_bills", "unknown_task")], old)

    at = datetime.now(UTC)
    later = at + timedelta(hours=1)
    with made.store.transaction() as tx:
        versions.add(
            tx, {"credit.country_days": {}}, holds_from=later, by="ana@host", reason="because", at=at
        )
    made.add(top_up("a", 2))
    wait_for(lambda: made.one("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 1, old)
    wait_for(lambda: old.said(NOT_SETTLED), old)
    assert "credit.country_days: no such setting" in old.said(NOT_SETTLED)[-1]["exception"]
    assert made.cash_minor("a") == 10_00

    assert old.terminate() == 0
    assert beat.terminate() == 0
    made.code = None
    new = made.worker("new", "events", "upkeep")
    wait_for(lambda: made.cash_minor("a") == 20_00, new)
