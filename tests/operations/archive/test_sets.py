"""An archive is written while events are booked for the same accounts, and is not ended by them. Rule: R11.12h."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from settlement.model.cycle import Cycle
from settlement.operations.archive import ledger, months
from settlement.operations.archive.months import archive_before
from settlement.storage.store import Store
from settlement.storage.work.operating import archives
from tests.support.arrival import arrive_at


@pytest.fixture
def three(world):
    """Three months of three accounts with money, paid each month; it is January."""
    world.open("a", "b", "c", opening_cash="100.00")
    for month, after in (("10", "2026-11"), ("11", "2026-12"), ("12", "2027-01")):
        world.at(f"2026-{month}-15 00:00")
        for name in ("a", "b", "c"):
            world.receive(
                world.message("top_up", name, amount="5.00", currency="USD"), _fee(world, name, month)
            )
        world.drain()
        world.at(f"{after}-02 04:00").tick()
    return world


def _fee(world, account, month, id_=None):
    fee = {"id": id_ or f"{account}{month}", "amount": "2.50", "currency": "USD", "product": "ECS"}
    return world.message("fees", account, fees=[fee | {"incurred_at": f"2026-{month}-10T00:00:00Z"}])


def _write_out(world, owner, folder, before=202701):
    return archive_before(owner, folder, Cycle(before), at=world.now, policy=world.policy)


def _on_record(world):
    return {
        name
        for (files,) in world.rows("SELECT files FROM archive")
        for one in files
        for name in (one["name"], one["name"].rsplit("-", 1)[0] + "-manifest.json")
    }


def test_what_comes_at_every_point_is_booked_and_ends_nothing(three, owner, tmp_path):
    """Another session books before every statement before which no lock keeps it from that, commits among them."""
    points, held, number = [], [False], iter(range(10**6))

    def another_session(where):
        if held[0]:
            return
        points.append(where)
        for name in ("a", "b"):
            three.receive(
                three.message("top_up", name, amount="0.01", currency="USD"),
                _fee(three, name, "12", f"new-{next(number)}"),
            )
        assert three.drain().refused == 0
        # And some come that nobody has handled yet.
        three.receive(three.message("top_up", "c", amount="0.01", currency="USD"))

    def before(_connection, _cursor, statement, *_):
        another_session(statement)
        held[0] = held[0] or "FOR UPDATE" in statement

    def ended(*_):
        held[0] = False
        another_session("after a commit")

    for moment, then in (("before_cursor_execute", before), ("checkin", ended)):
        event.listen(owner.engine, moment, then)
    done = _write_out(three, owner, tmp_path)
    for moment, then in (("before_cursor_execute", before), ("checkin", ended)):
        event.remove(owner.engine, moment, then)
    assert len(points) > 30
    assert (done.bills, done.entries, done.left) == (6, 21, set())
    assert three.rows("SELECT account_id FROM archived_ledger ORDER BY 1") == [(1,), (2,), (3,)]
    assert {path.name for path in tmp_path.iterdir()} == _on_record(three)
    assert three.violated() == {}
    three.drain()
    assert three.violated() == {}
    assert three.cash("c") == 10000 + 3 * 250 + len(points)


def _repeats_a_fee(world):
    world.receive(_fee(world, "b", "10"))
    world.drain()


def _old_event_is_committed_late(world):
    """It came in December, in a transaction that lasted into January."""
    now = world.now
    world.now = datetime(2026, 12, 20, tzinfo=UTC)
    world.receive(world.message("top_up", "b", amount="1.00", currency="USD"))
    world.now = now
    arrive_at(world.store, now)


def _is_parked(world):
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE account SET parked_at = now(), parked_reason = 'x' WHERE external_id = 'b'"))


@pytest.mark.parametrize(
    ("room", "happens"),
    [(months, _repeats_a_fee), (ledger, _old_event_is_committed_late), (ledger, _is_parked)],
)
def test_an_account_that_changes_while_it_is_written_out_is_left_for_the_next_run(
    three, owner, tmp_path, monkeypatch, room, happens
):
    lock = archives.lock_accounts
    begun: list[Any] = []
    told: list[Any] = []
    left: list[Any] = []

    def lock_late(tx, ids):
        if begun[-1] is room and not told:
            told.append(ids)
            happens(three)
        lock(tx, ids)

    def noted(one, begin):
        def noting(tx):
            begun.append(one)
            return begin(tx)

        return noting

    for one in (months, ledger):
        monkeypatch.setattr(one, "begin", noted(one, one.begin))
    monkeypatch.setattr(archives, "lock_accounts", lock_late)
    done = archive_before(
        owner, tmp_path, Cycle(202701), at=three.now, policy=three.policy, on_left=left.append
    )
    assert told == [[1, 2, 3]]
    assert (done.left, left) == ({2}, [frozenset({2})])
    # December's, which were settled in January.
    assert done.unsettled == 3
    # What it was sent before its first bill is tied to nothing.
    tied = "" if room is ledger else "WHERE until > '2026-11-01'"
    assert three.rows(f"SELECT account_id FROM archived_ledger {tied} ORDER BY 1") == [(1,), (3,)]
    assert {path.name for path in tmp_path.iterdir()} == _on_record(three)
    if happens is _is_parked:
        with three.store.transaction() as tx:
            tx.execute(text("UPDATE account SET parked_at = NULL, parked_reason = NULL"))
    assert three.violated() == {}
    three.drain()
    _write_out(three.at("2027-02-03 00:00"), owner, tmp_path, 202702)
    assert three.rows("SELECT account_id FROM archived_ledger ORDER BY 1") == [(1,), (2,), (3,)]
    assert three.violated() == {}


def test_an_account_that_another_session_does_not_let_go_of_is_left_for_the_next_run(
    three, shared_owner_url, shared_url, tmp_path
):
    patient = Store(shared_owner_url, pool_size=1, lock_timeout_s=0.3)
    with psycopg.connect(shared_url) as other:
        other.execute("SELECT FROM account WHERE external_id = 'b' FOR UPDATE")
        done = _write_out(three, patient, tmp_path)
    patient.close()
    assert (done.left, done.bills) == ({2}, 4)
    assert three.rows("SELECT account_id FROM archived_ledger ORDER BY 1") == [(1,), (3,)]
    assert {path.name for path in tmp_path.iterdir()} == _on_record(three)
    assert three.violated() == {}


def test_a_folder_that_gives_nothing_back_ends_no_archive(
    three, shared_owner_url, shared_url, tmp_path, monkeypatch
):
    """Files that are not on record stay in it then."""

    def refused(*_, **__):
        raise PermissionError("write once")

    monkeypatch.setattr("pathlib.Path.unlink", refused)
    with psycopg.connect(shared_url) as other:
        other.execute("SELECT FROM account WHERE external_id = 'b' FOR UPDATE")
        patient = Store(shared_owner_url, pool_size=1, lock_timeout_s=0.3)
        done = _write_out(three, patient, tmp_path)
        patient.close()
    assert (done.left, done.bills) == ({2}, 4)
    assert {path.name for path in tmp_path.iterdir()} > _on_record(three)
