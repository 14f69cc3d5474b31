"""What accounts moved leaves the database with their bills, and the books add up as before. Rule: R11.12f."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import errors

from settlement.errors import Busy, NotFound
from settlement.events.registry import EVENTS, parse_event
from settlement.model.commands.command import EventHead
from settlement.model.cycle import Cycle
from settlement.operations.archive import files
from settlement.operations.archive.ledger import until_when
from settlement.operations.archive.months import ArchiveLimits, archive_before
from settlement.operations.reports.audit import audit
from settlement.operations.reports.ledger import export_ledger
from settlement.operations.reports.statements import read_statement, read_statements
from settlement.queries import inbox, repayments
from settlement.queries.ledger import Period
from settlement.queries.operating import archives
from settlement.storage.sql.advisory import Advisory, try_lock
from settlement.storage.store import Store
from settlement.storage.work.operating import archived_ledger
from settlement.storage.work.operating.archived_ledger import BillSpan, Span
from settlement.storage.work.operating.bill_sums import COUNT_ALL
from tests.support.books import tampered

ZONE = ZoneInfo("Asia/Shanghai")
MONTHS = (("2026-10", "2026-11"), ("2026-11", "2026-12"), ("2026-12", "2027-01"))


def live(world, months=MONTHS):
    """Each month a top-up and a fee for each account that there is, then the close of it."""
    names = [row[0] for row in world.rows("SELECT external_id FROM account ORDER BY id")]
    for month, after in months:
        world.at(f"{month}-15 00:00")
        for name in names:
            message = world.message("top_up", name, amount="5.00", currency="USD")
            world.sent.append(message)
            world.receive(message)
            world.drain()
            world.fee(name, "2.50", incurred_at=f"{month}-10T00:00:00Z")
        world.at(f"{after}-02 04:00").tick()


@pytest.fixture
def months(world):
    """Three months of an account that had money and of one that had none; it is January."""
    world.open("a", opening_cash="100.00")
    world.open("b")
    world.sent = []
    live(world)
    return world


def write_out(world, owner, folder, before=202701, **limits):
    return archive_before(
        owner, folder, Cycle(before), at=world.now, policy=world.policy, limits=ArchiveLimits(**limits)
    )


def entries(world, account):
    return world.rows(
        """SELECT debit, credit, amount_minor, cause, posted_at FROM ledger_transfer
           WHERE account_id = (SELECT id FROM account WHERE external_id = :a) ORDER BY posted_at, id""", a=account,
    )  # fmt: skip


def test_what_was_moved_before_the_month_leaves_and_one_entry_has_what_it_came_to(months, owner, tmp_path):
    done = write_out(months, owner, tmp_path)
    # Of each account three top-ups, two bills that were issued and paid; what December's bill moved is of January.
    assert (done.entries, done.repayments, done.archives) == (14, 4, [1, 2])
    first = datetime(2026, 12, 31, 16, tzinfo=UTC)
    opened, kept, *january = entries(months, "a")
    assert opened[:3] == ("opening", "cash", 10000)
    assert kept == ("opening", "cash", 1000, "archive:2", first - timedelta(microseconds=1))
    assert [row[:3] for row in january] == [("receivable", "revenue", 250), ("cash", "receivable", 250)]
    assert months.rows("SELECT until, cash_minor FROM archived_ledger") == [(first, 1000)] * 2
    assert months.rows("SELECT DISTINCT cycle FROM repayment") == [(202612,)]
    assert months.rows("SELECT DISTINCT cycle FROM bill_line") == [(202612,)]
    assert months.one("SELECT count(*) FROM inbox WHERE type = 'top_up'") == 0
    assert (months.cash("a"), months.cash("b")) == (10750, 750)
    assert months.violated() == {}
    assert write_out(months, owner, tmp_path).archives == []


def test_the_next_archive_takes_the_entry_of_the_one_before_with_it(months, owner, tmp_path):
    write_out(months, owner, tmp_path, 202611)
    assert months.violated() == {}
    write_out(months, owner, tmp_path)
    assert months.violated() == {}
    live(months, (("2027-01", "2027-02"), ("2027-02", "2027-03")))
    done = write_out(months, owner, tmp_path, 202703)
    assert (done.entries, months.violated()) == (14, {})
    assert next(row[3] for row in entries(months, "b")) == f"archive:{done.archives[-1]}"
    assert months.one("SELECT count(*) FROM ledger_transfer WHERE cause LIKE 'archive:%'") == 2


def test_an_account_that_spent_more_than_it_was_sent_is_opened_with_less(world, owner, tmp_path):
    world.open("a", opening_cash="10.00")
    world.fee("a", "2.50")
    world.at("2026-11-02 04:00").tick()
    write_out(world.at("2026-12-01 00:00"), owner, tmp_path, 202612)
    assert [row[:3] for row in entries(world, "a")] == [("opening", "cash", 1000), ("cash", "opening", 250)]
    assert world.violated() == {}


def test_files_hold_every_row(months, owner, tmp_path):
    before = months.rows(
        """SELECT a.external_id, l.id, CAST(l.debit AS text), l.amount_minor, l.cause, l.posted_at
           FROM ledger_transfer l JOIN account a ON a.id = l.account_id WHERE l.posted_at < '2026-12-31T16:00Z'
             AND l.debit <> 'opening' ORDER BY l.account_id, l.posted_at, l.id"""
    )
    paid = months.rows(
        """SELECT account_id, CAST(cycle AS integer), cause, amount_minor FROM repayment WHERE cycle < 202612
           ORDER BY 1, 2"""
    )
    write_out(months, owner, tmp_path)
    ((written,),) = months.rows("SELECT files FROM archive WHERE kind = 'ledger'")
    found = {}
    for one in written:
        files.refuse_unless_whole(tmp_path, files.File(**one))
        found[one["name"].rsplit("-", 1)[1]] = [
            row for part in files.read(tmp_path / one["name"]) for row in part
        ]
    names = ("account", "id", "debit", "amount_minor", "cause", "posted_at")
    assert [tuple(row[name] for name in names) for row in found["entries.parquet"]] == before
    of_bill = ("account_id", "cycle", "cause", "amount_minor")
    assert [tuple(row[name] for name in of_bill) for row in found["repayments.parquet"]] == paid
    assert [row["accrued"] for row in found["lines.parquet"]] == ["2.50"] * 4
    sent = [one["event_id"] for one in months.sent]
    assert sorted(row["event_id"] for row in found["events.parquet"]) == sorted(sent)


def test_a_top_up_that_is_in_an_archive_is_booked_by_no_ingress_a_second_time(months, owner, tmp_path):
    write_out(months, owner, tmp_path)
    before = months.image()
    assert months.receive(*months.sent).repeated == len(months.sent)
    months.drain()
    assert months.image() == before
    with months.store.transaction() as tx:
        found = inbox.by_identity(tx, "world", months.sent[0]["event_id"])
    assert found is not None
    assert (found.type, found.state, found.reason) == (
        "top_up",
        "done",
        "it was done long ago, and is in archive 2",
    )
    months.receive(months.sent[0] | {"data": {"amount": "6.00", "currency": "USD"}})
    assert months.refused() == ["reused_id"]
    assert months.violated() == {}


def test_what_is_asked_of_an_archived_month_says_where_it_is(months, owner, tmp_path):
    write_out(months, owner, tmp_path)
    where = "before 2026-12-31T16:00:00Z is in archives, the last of them 2"

    def refused(read, *arguments, **named):
        with pytest.raises(NotFound, match=where) as told:
            read(*arguments, **named)
        assert told.value.code == "archived"

    of_now = {"at": months.now, "policy": months.policy}
    refused(read_statement, months.store, "a", Cycle(202611), **of_now)
    refused(lambda: list(read_statements(months.store, Cycle(202611), **of_now)))
    assert read_statement(months.store, "a", Cycle(202701), **of_now).balances["cash"].opening_minor == 11000
    kept = datetime(2026, 12, 31, 16, tzinfo=UTC)
    for period in (Period(kept - timedelta(days=1), None), Period(None, kept - timedelta(seconds=1))):
        refused(export_ledger, months.store, lambda _: None, form="hledger", period=period, **of_now)
    written: list[bytes] = []
    export_ledger(months.store, written.append, form="hledger", period=Period(kept, None), **of_now)
    export_ledger(months.store, written.append, form="csv", period=Period(None, None), **of_now)
    assert b"archive:2" in b"".join(written)
    with months.store.transaction() as tx:
        with pytest.raises(
            NotFound, match="in archive 2: settle archive show 2 --rows repayments --account a"
        ):
            repayments.repayment(tx, "a", 202610, "close:2026-10", since=202601)
        assert archives.with_repayments(tx, "a", 202610) == archives.with_repayments(tx, None, None) == [2]
        assert archives.with_repayments(tx, "a", 202612) == []
        elsewhere = partial(archives.entries_elsewhere, tx, ZONE)
        first, last = datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)
        assert [elsewhere(account="a", since=one) for one in (last, first)] == [None, elsewhere(account="a")]
        assert [elsewhere(since=one) for one in (last, first)] == [None, elsewhere()]
        assert elsewhere(account="a") == (202701, 2, "entries", "a")
        assert elsewhere(account="none") is None
        of_bills = partial(archives.repayments_elsewhere, tx, ZONE, account="a")
        assert of_bills() == of_bills(cycle=202611) == (202701, 2, "repayments", "a")
        assert of_bills(cycle=202612) is None
        sums = tx.exec_driver_sql(COUNT_ALL).one().sources
    assert sorted(sums) == [[cycle, "USD", "cash", 500] for cycle in (202610, 202611, 202612)]


DAY = datetime(2026, 11, 5, tzinfo=UTC)
BEFORE = datetime(2026, 12, 31, 16, tzinfo=UTC)
NOVEMBER, OCTOBER = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 9, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bills", "spans", "until"),
    [
        pytest.param([], [], BEFORE, id="nothing is tied"),
        pytest.param([BillSpan(Cycle(202610), DAY, DAY, True)], [], BEFORE, id="a bill that is over"),
        pytest.param([BillSpan(Cycle(202610), DAY, BEFORE, True)], [], NOVEMBER, id="settled too late"),
        pytest.param([BillSpan(Cycle(202610), DAY, None, True)], [], NOVEMBER, id="owed"),
        pytest.param([BillSpan(Cycle(202610), DAY, DAY, False)], [], NOVEMBER, id="its fees are here"),
        pytest.param([BillSpan(Cycle(202610), None, None, False)], [], NOVEMBER, id="not issued"),
        pytest.param([BillSpan(Cycle(202612), None, None, False)], [], BEFORE, id="not issued, of the last month"),
        pytest.param([], [Span(DAY, DAY)], NOVEMBER, id="something else"),
        pytest.param([], [Span(DAY, BEFORE)], NOVEMBER, id="one event on both sides"),
        pytest.param([], [Span(DAY, DAY.replace(day=9))], BEFORE, id="one event, twice"),
        pytest.param([BillSpan(Cycle(202609), OCTOBER.replace(day=10, month=10), DAY, True)], [Span(DAY, DAY)], OCTOBER,
                     id="what is tied to what stays"),
    ],
)  # fmt: skip
def test_up_to_when_an_account_may_be_written_out(bills, spans, until):
    assert until_when(bills, spans, BEFORE, ZONE) == until


@pytest.mark.parametrize("what", ["owed", "card", "waiting", "set aside", "parked"])
def test_what_is_tied_to_what_stays_stays(months, owner, tmp_path, what):
    if what == "owed":
        with owner.transaction() as tx:
            tx.exec_driver_sql(
                """UPDATE bill SET state = 'unsettled', paid_minor = 0, settled_at = NULL
                   WHERE account_id = 1 AND cycle = 202610"""
            )
    elif what == "card":
        with owner.transaction() as tx:
            tx.exec_driver_sql(
                """INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor,
                                                currency, cause, posted_at)
                   VALUES (1, 'card_grant', 0, 'card', 7, 1, 'USD', 'event:7', '2026-10-01')"""
            )
    elif what == "waiting":
        months.at("2026-12-20 00:00").receive(months.message("top_up", "a", amount="5.00", currency="USD"))
        months.at("2027-01-02 04:00")
    elif what == "set aside":
        months.at("2026-12-20 00:00").send("top_up", "a", amount="5.00", currency="EUR")
        months.at("2027-01-02 04:00")
    else:
        with owner.transaction() as tx:
            tx.exec_driver_sql("UPDATE account SET parked_at = now(), parked_reason = 'x' WHERE id = 1")
    write_out(months, owner, tmp_path)
    # Of what is owed since November only October's top-up is not tied to it.
    assert months.rows("SELECT account_id, cash_minor FROM archived_ledger ORDER BY 1") == [
        *([(1, 500)] if what == "owed" else []), (2, 1000),
    ]  # fmt: skip
    assert (
        months.one("SELECT count(*) FROM bill WHERE records_archive_id IS NOT NULL AND account_id = 1") == 0
    )


@pytest.mark.parametrize("currency", ["USD", "EUR"], ids=["waiting", "set aside"])
def test_what_came_since_the_month_began_keeps_nothing(months, owner, tmp_path, currency):
    """It is booked at no instant before it came: an account that is sent something all the time is written out too."""
    months.receive(months.message("top_up", "a", amount="5.00", currency=currency))
    if currency == "EUR":
        assert months.drain().refused == 1
    write_out(months, owner, tmp_path)
    assert months.rows("SELECT account_id, cash_minor FROM archived_ledger ORDER BY 1") == [
        (1, 1000),
        (2, 1000),
    ]
    assert months.violated() == {}
    months.drain()
    assert (months.cash("a"), months.violated()) == (11250 if currency == "USD" else 10750, {})


@pytest.mark.parametrize("state", ["waiting", "set aside", "dismissed"])
def test_whom_an_old_event_of_another_names_keeps_everything(months, owner, tmp_path, state):
    """A transfer is dated when it came, if what was due meanwhile is caught up with: it may be booked in that month."""
    months.open("c")
    months.at("2026-12-20 00:00")
    months.receive(months.message("transfer", "c", amount="1.00", currency="USD", from_account="a"))
    months.at("2027-01-03 00:00")
    if state != "waiting":
        months.drain()
        assert months.refused() == ["no_relationship"]
    if state == "dismissed":
        with months.store.transaction() as tx:
            tx.exec_driver_sql(
                """UPDATE inbox SET dismissed_at = now(), dismissed_by = 'x', dismissed_because = 'y'
                   WHERE state = 'refused'"""
            )
    write_out(months, owner, tmp_path)
    kept = [(2,)] if state != "dismissed" else [(1,), (2,)]
    assert months.rows("SELECT account_id FROM archived_ledger ORDER BY 1") == kept


@pytest.mark.parametrize("kind", EVENTS)
def test_whom_an_event_names_is_in_its_data_and_none_is_in_fees(kind):
    """Which is how the accounts are found that an event may move money of."""
    command = parse_event(EventHead(1, "s", "x", "s:1"), kind, json.loads(EVENTS[kind].EXAMPLE))
    texts = {one for one in flat(json.loads(EVENTS[kind].EXAMPLE)) if isinstance(one, str)}
    named = set(command.related().accounts)
    assert named <= texts if kind != "fees" else not named


def flat(value):
    """What is in it, at any depth."""
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield one
        yield from flat(one)


_MOVE = """INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
    VALUES (1, '{}', 'cash', 5, 'USD', '{}', '2026-12-01')"""
_OF_BILL = "WHERE account_id = 1 AND cycle = 202610"
LIES = {
    f"UPDATE bill SET records_archive_id = NULL {_OF_BILL}": "archived_ledgers",
    "UPDATE bill SET records_archive_id = 2 WHERE cycle = 202612": "archived_ledgers",
    f"UPDATE bill SET paid_minor = paid_minor + 1, payable_minor = payable_minor + 1 {_OF_BILL}": "archived_ledgers",
    f"UPDATE bill SET settled_at = settled_at + interval '1 day' {_OF_BILL}": "archived_ledgers",
    _MOVE.format("opening", "archive:2"): "archived_ledgers",
    _MOVE.format("bank_clearing", "event:1"): "archived_ledgers",
    "INSERT INTO repayment VALUES (1, 202610, 'close:2026-10', 'issuance', 250, 'USD', '2026-11-02 04:00Z')":
        "bill_repayments",
    """INSERT INTO bill_line SELECT 1, 202610, product, order_id, single_month, accrued, 0 FROM bill_line
       WHERE account_id = 1""": "bill_lines",
    "UPDATE account SET funds_since = funds_since - interval '1 day' WHERE id = 1": "funds_dated",
}  # fmt: skip


def test_the_audit_finds_every_lie_about_what_is_in_an_archive(months, owner, tmp_path, shared_url):
    write_out(months, owner, tmp_path)
    for lie, check in LIES.items():
        with tampered(shared_url) as books:
            books.write(lie)
            report = audit(books, at=months.now, policy=months.policy)
            assert check in {one.name for one in report.checks if one.violations}, lie


@pytest.mark.parametrize(
    "fault",
    [
        "DELETE FROM archived_ledger WHERE account_id = 1",
        "UPDATE archived_ledger SET cash_minor = cash_minor + 1 WHERE account_id = 1",
        "UPDATE archived_ledger SET until = until + interval '1 month'",
        "UPDATE archive SET bills = bills + 1 WHERE kind = 'ledger'",
        "UPDATE archive SET bills_digest = 0 WHERE kind = 'ledger'",
    ],
)
def test_the_audit_finds_what_the_owner_did_to_an_archive(months, owner, tmp_path, fault):
    write_out(months, owner, tmp_path)
    with owner.transaction() as tx:
        tx.exec_driver_sql(fault)
    assert "archived_ledgers" in months.violated()


def test_nobody_deletes_money_but_the_transaction_that_writes_it_out(
    months, owner, tmp_path, shared_url, shared_owner_url
):
    write_out(months, owner, tmp_path)
    for url, change in (
        (shared_owner_url, "DELETE FROM ledger_transfer WHERE posted_at < '2026-12-31'"),
        (shared_owner_url, "UPDATE bill SET records_archive_id = 2; DELETE FROM repayment"),
        (shared_owner_url, "UPDATE bill SET records_archive_id = 2; DELETE FROM repayment_line"),
        (shared_owner_url, "UPDATE ledger_transfer SET amount_minor = 1"),
        (shared_url, "DELETE FROM ledger_transfer"),
        (shared_url, "INSERT INTO archived_ledger SELECT id, now(), 2, 0 FROM account"),
        (shared_url, "UPDATE archived_ledger SET cash_minor = 0"),
    ):
        with pytest.raises(errors.InsufficientPrivilege), psycopg.connect(url) as connection:
            connection.execute(change.encode())


def test_a_locked_account_is_waited_for_and_nothing_of_it_leaves_meanwhile(
    months, owner, shared_owner_url, tmp_path
):
    write_out(months, owner, tmp_path, 202611)
    entries = "SELECT id FROM ledger_transfer WHERE account_id = 1 ORDER BY id"
    before = months.rows(entries)
    hasty = Store(shared_owner_url, pool_size=1, lock_timeout_s=0.2)
    with months.store.transaction() as tx:
        tx.exec_driver_sql("SELECT id FROM account WHERE id = 1 FOR UPDATE")
        assert write_out(months, hasty, tmp_path).left == {1}
    hasty.close()
    assert months.rows(entries) == before
    assert write_out(months, owner, tmp_path).entries > 0
    assert months.violated() == {}


def test_of_two_at_once_one_is_told_and_writes_nothing(months, owner, tmp_path):
    with months.store.transaction() as tx:
        assert try_lock(tx, Advisory.ARCHIVES)
        with pytest.raises(Busy, match="another"):
            write_out(months, owner, tmp_path)
    assert list(tmp_path.iterdir()) == []


INDEX = "SELECT pg_indexes_size('ledger_transfer_202611')"


@pytest.fixture
def large_index(months, owner, monkeypatch):
    """Of a month of which nothing will be left; its size."""
    monkeypatch.setattr(archived_ledger, "_SMALL_INDEX", 8192)
    with owner.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
               SELECT a.id, s.debit, s.credit, 1, 'USD', 'archive:0', '2026-11-20'
               FROM account a, generate_series(1, 500) AS n,
                    (VALUES (CAST('opening' AS ledger_kind), CAST('cash' AS ledger_kind)), ('cash', 'opening'))
                        AS s (debit, credit)"""
        )
    return months.one(INDEX)


def test_the_index_of_a_month_of_which_nothing_is_left_gives_its_room_back(
    months, owner, tmp_path, large_index
):
    write_out(months, owner, tmp_path)
    assert months.one(INDEX) < large_index / 2


def test_an_index_that_is_being_read_keeps_its_room_until_the_next_archive(
    months, owner, tmp_path, large_index
):
    """As by an audit: whoever waited for it would keep everybody else from that month, and end the archive."""
    with months.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE outbox SET published_at = created_at + id * interval '1 microsecond'")
    with months.store.transaction() as tx:
        tx.exec_driver_sql("SELECT count(*) FROM ledger_transfer").one()
        began = time.monotonic()
        done = write_out(months, owner, tmp_path)
        assert time.monotonic() - began < 15
    assert done.announcements > 4
    assert months.one(INDEX) == large_index
    write_out(months, owner, tmp_path)
    assert months.one(INDEX) < large_index / 2


def test_sets_are_as_small_as_they_are_to_be(months, owner, tmp_path):
    assert write_out(months, owner, tmp_path, entries=1).archives == [1, 2, 3]
    assert months.violated() == {}


def test_what_an_archived_event_about_fees_paid_is_still_by_an_accepted_event(world, owner, tmp_path):
    """A credit that lowers what is frozen pays a bill by its event, while a refund keeps the ledger here."""
    world.open("a", opening_cash="10.00")
    assert world.send("refund", "a", amount="1.00", currency="USD", cycle="2026-10").refused == 0
    world.fee("a", "3.00")
    world.at("2026-11-01 20:00").fee("a", "12.00", incurred_at="2026-11-01T00:00:00Z")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-05 00:00").fee("a", "-10.00", incurred_at="2026-11-05T00:00:00Z")
    assert world.one("SELECT count(*) FROM repayment WHERE cause LIKE 'event:%'") == 1
    world.at("2026-12-02 04:00").tick()
    assert write_out(world.at("2027-01-01 00:00"), owner, tmp_path).bills == 2
    assert world.one("SELECT count(*) FROM repayment WHERE cause LIKE 'event:%'") == 1
    assert world.violated() == {}
