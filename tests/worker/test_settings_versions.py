"""One policy for all processes: in the database, as versions, each from its instant on. Rule: R3.7b, R3.7c, R3.7f."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import errors

from config.settings import load_settings
from settlement import __version__
from settlement.errors import Refused, SettingsDiffer
from settlement.model.cycle import Cycle
from settlement.model.instants import instant_text
from settlement.model.policies.versions import SettingsVersion
from settlement.operations.settings_versions import LEAD, set_version, versions
from settlement.rules.calendar import issuance_at
from settlement.storage.store import Store
from tests.support.builders import utc
from worker import lifecycle
from worker.policies.versions import check_versions
from worker.runtime import Runtime, build_runtime

MAY, NOW = Cycle(202605), "2026-05-01 00:00"


@pytest.fixture
def process(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, no_settings: None
) -> Iterator[Callable[..., Runtime]]:
    """Starts a process, so far as it matters here, with these variables; it is 1 May 2026."""
    monkeypatch.setenv("SETTLE_DATABASE_URL", shared_url)
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")
    _clock(shared_url, NOW)
    made: list[Runtime] = []

    def start(**variables: str) -> Runtime:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(f"SETTLE_{name}", value)
            made.append(build_runtime(load_settings()))
        return made[-1]

    yield start
    for rt in made:
        rt.close()


def _clock(url: str, at: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM test_clock")
        connection.execute("INSERT INTO test_clock (now_at) VALUES (%s)", [utc(at)])


def change(rt: Runtime, since: str | datetime, /, **changes: Any) -> list[SettingsVersion]:
    """Sets from an instant on; two underscores stand for the point in a name."""
    return set_version(
        rt.store, {name.replace("__", "."): value for name, value in changes.items()},
        holds_from=utc(since) if isinstance(since, str) else since, by="ana@host", reason="because",
        may_set=lambda planned, now: check_versions(rt.settings, planned, now), test_clock_counts=True,
    )  # fmt: skip


def days(rt: Runtime) -> tuple[int, datetime]:
    """The issue day that holds now, and when May is issued."""
    rt.now()
    return rt.policy.issue_day, issuance_at(MAY, rt.policy)


def test_the_first_to_book_makes_its_environment_the_first_version_and_the_others_take_it(process):
    first = process(BILLING__ISSUE_DAY="5", BILLING__ZONE="UTC", COLLECTION__THRESHOLDS="{}")
    assert days(first) == (5, utc("2026-06-05 12:00"))
    (version,) = versions(first.store)
    assert version.changes["billing.issue_day"] == 5
    assert version.changes["collection.thresholds"] == {}
    second = process()
    assert days(second) == (5, utc("2026-06-05 12:00"))
    assert second.policy.zone == ZoneInfo("UTC")
    assert second.policy.collection.thresholds == ()
    assert len(versions(first.store)) == 1


def test_a_process_that_only_reads_proposes_nothing(process):
    rt = process(BILLING__ISSUE_DAY="5")
    rt.as_of()
    assert rt.policy.issue_day == 5
    assert versions(rt.store) == []


def test_a_process_with_another_environment_books_nothing_and_names_both_values_and_reads_go_on(process):
    process().now()
    other = process(
        BILLING__ISSUE_DAY="5", CREDIT__LOW_CREDIT_DAYS="5", COLLECTION__PRE_AUTHORIZATION='{"USD": 2}'
    )
    with pytest.raises(SettingsDiffer) as differs:
        other.now()
    assert str(differs.value).startswith(
        "SETTLE_BILLING__ISSUE_DAY is 5 here and 2 in the database; "
        'SETTLE_COLLECTION__PRE_AUTHORIZATION is {"USD": "2"} here and {"USD": "1.00"} in the database: '
        "nothing is booked here."
    )
    with pytest.raises(SettingsDiffer):
        other.now()
    assert other.as_of() == utc(NOW)
    assert other.policy.issue_day == 2, "the database decides, for reads too"


def test_a_process_that_sets_the_same_may_work(process):
    process(COLLECTION__PRE_AUTHORIZATION='{"USD": "1"}').now()
    assert process(BILLING__ISSUE_DAY="2", COLLECTION__PRE_AUTHORIZATION='{"USD": "1.00"}').now() == utc(NOW)


def test_a_worker_with_another_environment_ends_before_it_takes_anything(process, monkeypatch):
    process().now()
    monkeypatch.setattr(lifecycle, "settings", lambda: process().settings)
    lifecycle.refuse_other_settings()
    monkeypatch.setattr(lifecycle, "settings", lambda: process(BILLING__ISSUE_DAY="5").settings)
    with pytest.raises(SystemExit) as ended:
        lifecycle.refuse_other_settings()
    assert ended.value.code == 2


def test_a_process_of_a_release_that_does_not_know_a_setting_books_nothing_and_names_it(process, monkeypatch):
    rt = process()
    rt.now()
    # By a release that knows it.
    [version] = set_version(
        rt.store, {"credit.of_tomorrow": 3}, holds_from=utc("2026-06-01 00:00"), by="ana@host", reason="a law",
        may_set=lambda planned, now: None, test_clock_counts=True,
    )[1:]  # fmt: skip
    for asked in (rt.now, rt.as_of, process().now):
        with pytest.raises(SettingsDiffer) as differs:
            asked()
        assert str(differs.value) == (
            f"the database has settings that release {__version__} does not know: credit.of_tomorrow (set by ana@host "
            f"at {instant_text(version.set_at)}): nothing is booked here. Start the release that they were set with, "
            "or a later one"
        )
    monkeypatch.setattr(lifecycle, "settings", lambda: process().settings)
    with pytest.raises(SystemExit) as ended:
        lifecycle.refuse_other_settings()
    assert ended.value.code == 2


def test_a_version_that_was_set_meanwhile_holds_at_its_instant_in_a_process_that_runs(process, shared_url):
    running, other = process(BILLING__ZONE="UTC", BILLING__ISSUE_DAY="2"), process()
    assert days(running) == (2, utc("2026-06-02 12:00"))
    change(other, "2026-05-10 00:00", billing__issue_day=5)
    # It is known at once, and holds from its instant on.
    assert days(running) == (2, utc("2026-06-05 12:00"))
    _clock(shared_url, "2026-05-09 23:59:59")
    assert days(running)[0] == 2
    _clock(shared_url, "2026-05-10 00:00")
    assert days(running) == (5, utc("2026-06-05 12:00"))
    assert running.policy.at(utc("2026-05-09 00:00")).issue_day == 2
    # Whoever starts now with the value of before is refused; without one it works.
    assert days(process())[0] == 5
    with pytest.raises(SettingsDiffer):
        process(BILLING__ISSUE_DAY="2").now()


def test_a_policy_that_somebody_holds_on_to_learns_of_later_versions(process):
    rt, other = process(BILLING__ZONE="UTC"), process()
    rt.now()
    held = rt.policy
    change(other, "2026-05-10 00:00", billing__issue_day=5)
    rt.now()
    assert held.at(utc("2026-05-10 00:00")).issue_day == 5


def test_what_holds_already_is_not_changed(process):
    rt = process()
    rt.now()
    for since in (utc("2026-04-01 00:00"), utc(NOW), utc(NOW) + LEAD - timedelta(seconds=1)):
        with pytest.raises(Refused) as refusal:
            change(rt, since, billing__issue_day=5)
        assert refusal.value.code == "too_early"
        assert "2026-05-01T00:02:00Z" in refusal.value.message
    assert len(versions(rt.store)) == 1
    change(rt, utc(NOW) + LEAD, billing__issue_day=5)
    assert len(versions(rt.store)) == 2


def test_what_does_not_hold_yet_is_superseded_by_whoever_sets_it_again(process, shared_url):
    rt = process()
    rt.now()
    change(rt, "2026-05-10 00:00", billing__issue_day=5, credit__low_credit_days=1)
    change(rt, "2026-05-10 00:00", billing__issue_day=7)
    change(rt, "2026-05-05 00:00", billing__issue_day=6, repayment__payment_lease_s=60)
    found = []
    for at in ("2026-05-05 00:00", "2026-05-10 00:00"):
        _clock(shared_url, at)
        rt.now()
        policy = rt.policy
        found.append((policy.issue_day, policy.credit.low_credit_days, policy.payment_lease.seconds))
    # What a version names, it sets; all else stays as the version before has it.
    assert found == [(6, 5, 60), (7, 1, 60)]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        (
            {"billing__issue_day": 29},
            "bad_setting",
            "billing.issue_day: must be at most 28",
        ),
        ({"billing__isue_day": 3}, "bad_setting", "did you mean billing.issue_day?"),
        (
            {"collection__dunning": {"gpu": {"products": ["gpu"]}}},
            "bad_setting",
            "end with a group without products",
        ),
        ({"collection__pre_authorization": {"USD": "1.001"}}, "bad_setting", "USD"),
        # 7 May 10:00 in Shanghai is still 6 May in New York.
        ({"billing__zone": "America/New_York"}, "zone_skips_a_day", "another local day in America/New_York"),
    ],
)
def test_a_version_under_which_nobody_could_work_is_refused(process, changes, code, words):
    rt = process()
    rt.now()
    with pytest.raises(Refused) as refusal:
        change(rt, "2026-05-07 02:00", **changes)
    assert refusal.value.code == code
    assert words in refusal.value.message
    assert len(versions(rt.store)) == 1


def test_a_version_that_does_not_fit_a_later_one_is_refused(process):
    rt = process(BILLING__ZONE="UTC")
    rt.now()
    change(rt, "2026-05-20 12:00", billing__zone="Asia/Shanghai")
    # 20 May, 20:00 in Shanghai, 12:00 in UTC, and 05:00 in Los Angeles: the same day. In Kiritimati it is the 21st.
    change(rt, "2026-05-10 12:00", billing__zone="America/Los_Angeles")
    with pytest.raises(Refused) as refusal:
        change(rt, "2026-05-11 08:00", billing__zone="Pacific/Kiritimati")
    assert refusal.value.code == "zone_skips_a_day"


def test_rows_of_versions_cannot_be_changed_and_there_is_one_first_one(process, shared_url, shared_owner_url):
    rt = process()
    rt.now()
    for url, refused in (
        (shared_url, errors.InsufficientPrivilege),
        (shared_owner_url, errors.InsufficientPrivilege),
    ):
        for what in ("UPDATE {} SET holds_from = now()", "DELETE FROM {}", "TRUNCATE {}"):
            with psycopg.connect(url) as connection, pytest.raises(refused):
                connection.execute(what.format("settings_version"))
    insert = "INSERT INTO settings_version (holds_from, changes, set_at, set_by) VALUES "
    for values in (
        "('2026-01-01Z', '{\"a\": 1}', '2026-02-01Z', 'x')",
        "('1970-01-01T00:00:00Z', '{\"a\": 1}', '2026-02-01Z', 'x')",
        "('2027-01-01Z', '{}', '2026-02-01Z', 'x')",
        "('2027-01-01Z', '[1]', '2026-02-01Z', 'x')",
    ):
        with psycopg.connect(shared_url) as connection, pytest.raises(errors.IntegrityError):
            connection.execute(insert + values)


def test_of_many_that_begin_at_once_one_proposes_and_all_work_by_it(process):
    started = [process(BILLING__ISSUE_DAY=str(day)) for day in (3, 4, 5, 6)]
    booked: list[int] = []
    refused: list[str] = []

    def work(rt: Runtime) -> None:
        try:
            rt.now()
            booked.append(rt.policy.issue_day)
        except SettingsDiffer as error:
            refused.append(str(error))

    threads = [Thread(target=work, args=[rt]) for rt in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (day,) = booked
    assert len(refused) == 3
    assert all(re.search(rf"is \d here and {day} in the database", why) for why in refused)


def test_the_policy_costs_no_statement_of_its_own_once_it_is_known(process):
    rt = process()
    rt.now()
    seen: list[str] = []
    _count(rt.store, seen)
    for _ in range(3):
        rt.now()
        assert rt.policy.issue_day == 2
    assert len(seen) == 3


def _count(store: Store, seen: list[str]) -> None:
    from sqlalchemy import event

    event.listen(
        store.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: seen.append(statement)
    )
