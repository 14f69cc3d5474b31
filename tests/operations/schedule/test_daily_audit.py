"""The audit of every local day: once, on record, announced where something is wrong. Rule: R11.2c."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from interfaces.http.metrics.audits import families
from interfaces.http.metrics.exposition import exposition
from settlement.errors import Unavailable
from settlement.events.announcements import read_announcement
from settlement.model.announcements.facts import AuditFacts
from settlement.operations.reports.audit import AuditReport, check_names
from settlement.operations.schedule import daily_audit
from settlement.operations.schedule.daily_audit import audit_day
from tests.support.world import World


def audited(world: World, **more: int) -> AuditReport | None:
    return audit_day(world.store, at=world.now, policy=world.policy, **more)


def metrics(world: World) -> str:
    with world.store.transaction() as tx:
        return exposition(families(tx))


def announced(world: World) -> list[tuple[str, str]]:
    return world.rows(
        "SELECT topic, CAST(payload AS text) FROM outbox WHERE topic = 'audit.violations' ORDER BY id"
    )


def test_a_local_day_is_audited_once_and_kept_on_record(world):
    world.open("a", opening_cash="10.00")
    # The day of the billing zone, where it is the 6th already.
    world.at("2026-10-05 17:00")
    report = audited(world)
    assert report is not None
    assert report.violations == 0
    assert audited(world) is None
    assert audited(world.at("2026-10-06 15:59")) is None
    ((day, violations, found),) = world.rows("SELECT CAST(day AS text), violations, found FROM audit_run")
    assert (day, violations) == ("2026-10-06", 0)
    assert set(found) == set(check_names())
    assert announced(world) == []
    assert audited(world.at("2026-10-06 16:00")) is not None


def test_what_does_not_add_up_is_announced_once_that_day_and_shown_as_a_metric(world, shared_owner_url):
    world.open("a", "b", opening_cash="10.00")
    before = metrics(world)
    assert "settle_audit_runs 0\n" in before
    assert 'settle_audit_result{result="unknown"} 1\n' in before
    assert 'settle_audit_violations{check="cash_balance"} 0\n' in before
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute("UPDATE account SET cash_minor = cash_minor + 1")
    report = audited(world)
    assert report is not None
    assert audited(world) is None
    ((topic, payload),) = announced(world)
    facts = read_announcement(topic, payload)
    assert isinstance(facts, AuditFacts)
    assert (facts.day, facts.checks) == ("2026-10-05", {"cash_balance": 2, "currency_nets_to_zero": 1})
    shown = metrics(world)
    assert "settle_audit_runs 1\n" in shown
    assert 'settle_audit_result{result="unknown"} 0\n' in shown
    assert 'settle_audit_result{result="violations"} 1\n' in shown
    assert 'settle_audit_violations{check="cash_balance"} 2\n' in shown
    assert 'settle_audit_violations{check="card_balance"} 0\n' in shown
    age_s = float(shown.partition("\nsettle_audit_age_seconds ")[2].partition("\n")[0])
    assert 0 <= age_s < 60
    assert "# TYPE settle_audit_duration_seconds gauge\n" in shown


def test_of_many_who_ask_at_once_one_audits(world):
    world.open("a")
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: audited(world), range(8)))
    assert sum(report is not None for report in reports) == 1


def test_a_day_whose_audit_died_is_taken_up_two_hours_later(world, monkeypatch):
    def dies(*_arguments: object, **_more: object) -> AuditReport:
        raise Unavailable("PostgreSQL: gone")

    with monkeypatch.context() as patched:
        patched.setattr(daily_audit, "audit", dies)
        with pytest.raises(Unavailable):
            audited(world)
    assert audited(world) is None
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE audit_run SET began_at = began_at - interval '121 minutes'")
    assert audited(world) is not None
