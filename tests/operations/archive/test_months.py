"""Months that are over leave the database, and nothing of them is lost or comes twice. Rule: R11.12."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import event, text

from settlement.errors import Busy, NotFound, Refused
from settlement.events.envelope import arrival_of
from settlement.model.announcements.ids import announcement_id
from settlement.model.cycle import Cycle
from settlement.operations.archive import files
from settlement.operations.archive import months as operation
from settlement.operations.archive.choice import Stays
from settlement.operations.archive.months import ArchiveLimits, archive_before
from settlement.operations.inbox.receive import record_and_read
from settlement.operations.reports.audit import audit
from settlement.operations.webhooks.endpoints import replay
from settlement.queries import inbox
from settlement.queries.programs import announcements
from settlement.storage.load import fees as known
from settlement.storage.work.operating import archived_bills, archives
from settlement.storage.work.programs import webhooks
from tests.support.books import tampered
from tests.support.collection import SOFT, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.story import contract

MONTHS = ("10", "11", "12")


def report(world, account, *ids, day="2026-10-15", amount="1.10"):
    """One event with a fee for each id."""
    fees = [
        {"id": one, "amount": amount, "currency": "USD", "product": "ECS", "incurred_at": f"{day}T00:00:00Z"}
        for one in ids
    ]
    return world.message("fees", account, fees=fees)


@pytest.fixture
def months(world):
    """Three months of two accounts with money, each a fee of an event of its own; it is January."""
    world.open("a", "b", opening_cash="100.00")
    world.sent = []
    for month in MONTHS:
        world.at(f"2026-{month}-15 00:00")
        for name in ("a", "b"):
            world.sent.append(report(world, name, f"{name}{month}", day=f"2026-{month}-10"))
            world.receive(world.sent[-1])
        world.drain()
        world.at("2027-01-02 04:00" if month == "12" else f"2026-{int(month) + 1}-02 04:00").tick()
    return world


def read(world, query, *arguments, **named):
    with world.store.transaction() as tx:
        return query(tx, *arguments, **named)


def write_out(world, owner, folder, before=202701, **limits):
    return archive_before(
        owner, folder, Cycle(before), at=world.now, policy=world.policy, limits=ArchiveLimits(**limits)
    )


def test_what_was_settled_before_the_month_leaves_and_the_books_still_add_up(months, owner, tmp_path):
    done = write_out(months, owner, tmp_path)
    # December was issued on 2 January, which is not before January.
    assert (done.bills, done.fees, done.events, done.unsettled, done.stays) == (4, 4, 4, 2, {})
    assert months.rows("SELECT DISTINCT cycle FROM fee") == [(202612,)]
    assert months.one("SELECT count(*) FROM inbox WHERE type = 'fees'") == 2
    assert months.rows("SELECT DISTINCT cycle FROM bill WHERE archive_id = 1 ORDER BY 1") == [
        (202610,),
        (202611,),
    ]
    assert months.violated() == {}
    assert write_out(months, owner, tmp_path).archives == []


def test_files_hold_every_row_and_say_what_they_are(months, owner, tmp_path):
    before = months.rows(
        "SELECT a.external_id, f.cycle, CAST(f.fee_key AS text), CAST(f.amount AS text) FROM fee f"
        " JOIN account a ON a.id = f.account_id WHERE f.cycle < 202612 ORDER BY f.account_id, f.fee_key"
    )
    events = months.rows("SELECT event_id FROM inbox WHERE type = 'fees' ORDER BY id LIMIT 4")
    write_out(months, owner, tmp_path)
    ((written, sums),) = months.rows("SELECT files, sums FROM archive WHERE kind = 'bills'")
    of_fees, of_events = (files.File(**one) for one in written)
    rows = [row for part in files.read(tmp_path / of_fees.name) for row in part]
    assert [(row["account"], row["cycle"], row["fee_key"], row["amount"]) for row in rows] == before
    assert [(row["event_id"],) for part in files.read(tmp_path / of_events.name) for row in part] == events
    assert sums == {"USD": "4.40"}
    for one in (of_fees, of_events):
        files.refuse_unless_whole(tmp_path, one)


def test_a_repeat_of_what_is_in_an_archive_books_nothing(months, owner, tmp_path):
    write_out(months, owner, tmp_path)
    before = months.image()
    assert months.receive(*months.sent).repeated == len(months.sent)
    months.drain()
    assert months.image() == before
    other = months.sent[0] | {"data": {"fees": []}}
    assert (months.receive(other).refused, months.receive(other).repeated) == (1, 1)
    assert months.refused() == ["reused_id"]
    assert months.violated() == {}


def test_every_ingress_tells_of_a_repeat_that_it_was_done(months, owner, tmp_path, shared_url):
    write_out(months, owner, tmp_path)
    sent = months.sent[0]
    arrival = arrival_of(sent, ingress="http")
    for found in (
        record_and_read(months.store, [arrival], ingress="http")[0],
        read(months, inbox.outcomes, [arrival])[0],
        read(months, inbox.by_identity, sent["source"], sent["event_id"]),
    ):
        assert (found.state, found.reason_code, found.account) == ("done", "archived", "a")
        assert found.reason == "it was done long ago, and is in archive 1"
    with psycopg.connect(shared_url) as connection:
        inserted = connection.execute(
            "INSERT INTO inbox (source, event_id, type, account, data) VALUES (%s, %s, 'fees', 'a', %s)",
            [sent["source"], sent["event_id"], json.dumps(sent["data"])],
        )
    assert inserted.rowcount == 0
    # However it is laid out: as before it was written out.
    assert (
        read(months, inbox.outcomes, [arrival._replace(data=arrival.data.replace("{", "{ "))])[0].state
        == "done"
    )


@pytest.mark.parametrize("ingress", ["http", "stream"])
def test_whoever_was_given_its_number_may_ask_for_an_archived_event(world, owner, tmp_path, ingress):
    world.open("a", opening_cash="100.00")
    world.at("2026-10-15 00:00")
    sent = report(world, "a", "x")
    (row,) = record_and_read(world.store, [arrival_of(sent, ingress=ingress)], ingress=ingress).values()
    world.drain()
    world.at("2026-11-02 04:00").tick()
    finished_at = world.one("SELECT finished_at FROM inbox WHERE id = :id", id=row.id)
    assert write_out(world.at("2026-12-01 00:00"), owner, tmp_path, 202612).events == 1
    found = read(world, inbox.with_ids, [row.id])
    if ingress == "stream":
        assert found == []
        with pytest.raises(NotFound):
            read(world, inbox.row, row.id)
    else:
        (one,) = found
        assert (one.source, one.event_id, one.type, one.account) == ("world", sent["event_id"], "fees", "a")
        assert (one.state, one.reason_code, one.finished_at) == ("done", "archived", finished_at)
        assert (
            read(world, inbox.row, row.id) == read(world, inbox.by_identity, "world", sent["event_id"]) == one
        )


def test_a_sender_by_sql_reads_that_its_archived_event_was_done(world, owner, tmp_path, shared_url):
    world.open("a", opening_cash="100.00")
    sent = report(world, "a", "x")
    with psycopg.connect(shared_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO inbox (source, event_id, type, account, data) VALUES ('erp', '1', 'fees', 'a', %s)",
            [json.dumps(sent["data"])],
        )
        connection.execute("UPDATE inbox SET received_at = '2026-10-15' WHERE source = 'erp'")
        world.at("2026-10-15 00:00").drain()
        world.at("2026-11-02 04:00").tick()
        outcome = """SELECT id, type, account, state, code, reason, received_at, finished_at, paid FROM event_outcome
            WHERE source = 'erp' AND event_id = '1'"""
        (before,) = connection.execute(outcome).fetchall()
        write_out(world.at("2026-12-01 00:00"), owner, tmp_path, 202612)
        (after,) = connection.execute(outcome).fetchall()
    assert before[3:6] + before[8:] == ("done", None, None, {})
    # What it paid is in the archive, too.
    assert after[3:6] + after[8:] == ("done", "archived", "it was done long ago, and is in archive 1", None)
    assert (before[:3], before[6:8]) == (after[:3], after[6:8])


def test_a_fee_is_known_in_whatever_order_and_however_many_keys_came_to_archives(world, owner, tmp_path):
    """More than lie in one row, in two archives."""
    world.open("a", opening_cash="1000.00")
    ids = {month: [f"{month}-{n}" for n in range(100)] for month in ("10", "11")}
    for month, after in (("10", "2026-11"), ("11", "2026-12")):
        world.at(f"2026-{month}-15 00:00").receive(report(world, "a", *ids[month], day=f"2026-{month}-10"))
        world.drain()
        world.at(f"{after}-02 04:00").tick()
        next_month = world.at("2026-12-01 00:00" if month == "10" else "2027-01-01 00:00")
        assert write_out(next_month, owner, tmp_path, 202612 if month == "10" else 202701).fees == 100
    assert world.rows("SELECT cardinality(fee_keys) FROM archived_fee_keys ORDER BY first_key") == [
        (60,),
        (60,),
        (60,),
        (20,),
    ]
    for one in ("10-0", "10-99", "11-50"):
        world.receive(report(world, "a", one, "other", day="2026-12-31"))
    world.receive(report(world, "a", "new", day="2026-12-31"))
    world.drain()
    assert world.refused() == ["archived"] * 3
    assert world.one("SELECT count(*) FROM fee") == 1
    assert world.violated() == {}


def test_what_an_event_says_is_the_same_however_its_numbers_are_written(world):
    said = text("SELECT event_content('fees', 'a', CAST(:data AS jsonb), NULL)")
    with world.store.transaction() as tx:
        one, other, another = (
            tx.scalar(said, {"data": f'{{"of": {number}}}'}) for number in ("1.10", "11E-1", "1.11")
        )
    assert one == other != another


def test_announcements_that_are_over_leave_and_whoever_catches_up_is_told(months, owner, tmp_path):
    with months.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = created_at + id * interval '1 microsecond'"))
        epoch = tx.scalar(text("SELECT max(epoch) FROM outbox_epoch"))
    total = months.one("SELECT count(*) FROM outbox")
    done = write_out(months, owner, tmp_path, announcements=2)
    left = months.one("SELECT count(*) FROM outbox")
    assert done.announcements == total - left > 4
    assert left == months.one("SELECT count(*) FROM outbox WHERE created_at >= '2026-12-31T16:00:00Z'") > 1
    last = months.one("SELECT max(last_outbox_id) FROM archive")
    seen = read(months, announcements.rows, limit=100, after=announcement_id(epoch, last))
    assert len(seen) == left
    with pytest.raises(NotFound, match=f"up to {announcement_id(epoch, last)}, are in archives") as told:
        read(months, announcements.rows, limit=100, after=announcement_id(epoch, 1))
    assert told.value.code == "archived"
    assert months.violated() == {}


def test_what_is_not_published_or_not_delivered_stays(months, owner, tmp_path):
    assert write_out(months, owner, tmp_path).announcements == 0
    with months.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = created_at"))
        tx.execute(
            text("INSERT INTO webhook_endpoint (id, url, secret) VALUES ('e', 'https://e.example', 's')")
        )
        tx.execute(
            text(
                "INSERT INTO webhook_delivery (endpoint_id, outbox_id, account_id) SELECT 'e', id, 1 FROM outbox"
            )
        )
    assert write_out(months, owner, tmp_path).announcements == 0


def test_whoever_is_behind_what_was_written_out_is_told_though_his_own_place_is_here(months, owner, tmp_path):
    """What says of an account that it is parked stays, and so does what an endpoint has to get yet."""
    with months.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = created_at + id * interval '1 microsecond'"))
        tx.execute(
            text("INSERT INTO webhook_endpoint (id, url, secret) VALUES ('e', 'https://e.example', 's')")
        )
        epoch = tx.scalar(text("SELECT max(epoch) FROM outbox_epoch"))
        first, second, third = tx.scalars(text("SELECT id FROM outbox ORDER BY published_at, id LIMIT 3"))
        tx.execute(text("UPDATE outbox SET topic = 'account.parked' WHERE id = :id"), {"id": first})
        tx.execute(
            text("INSERT INTO webhook_delivery (endpoint_id, outbox_id, account_id) VALUES ('e', :id, 1)"),
            {"id": third},
        )

    def after(number):
        return read(months, announcements.rows, limit=100, after=announcement_id(epoch, number))

    written = write_out(months, owner, tmp_path).announcements
    last = months.one("SELECT max(last_outbox_id) FROM archive")
    for one in (first, second, third):
        with pytest.raises(NotFound, match=f"up to {announcement_id(epoch, last)}, are in archives") as told:
            after(one)
        assert told.value.code == "archived"
    newest = read(months, announcements.last)
    with pytest.raises(NotFound, match="are in archives"):
        replay(months.store, "e", first=announcement_id(epoch, first), last=newest)
    assert replay(months.store, "e", first=newest, last=newest) == 1
    assert (
        replay(months.store, "e", first=announcement_id(epoch, first), last=announcement_id(epoch, first))
        == 1
    )
    left = len(after(last))
    # What an archive after that one took is of before.
    with months.store.transaction() as tx:
        tx.execute(text("DELETE FROM webhook_delivery"))
    assert (written > 4, write_out(months, owner, tmp_path).announcements) == (True, 1)
    assert len(after(last)) == left > 1
    with pytest.raises(NotFound, match=f"up to {announcement_id(epoch, last)}, are in archives"):
        after(third)


ORPHANS = "SELECT count(*) FROM webhook_delivery d WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.id = d.outbox_id)"


def delivered_again(world, tx=None):
    """All that was ever published, to one endpoint; in a transaction of its own unless it is given one."""
    ends = (datetime(2026, 1, 1, tzinfo=UTC), 0), (datetime(2028, 1, 1, tzinfo=UTC), 0)
    if tx is not None:
        return webhooks.replay(tx, "e", *ends)
    with world.store.transaction() as own:
        return webhooks.replay(own, "e", *ends)


@pytest.fixture
def published(months):
    with months.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = created_at + id * interval '1 microsecond'"))
        tx.execute(
            text("INSERT INTO webhook_endpoint (id, url, secret) VALUES ('e', 'https://e.example', 's')")
        )
    return months


def test_what_is_to_be_delivered_again_while_it_is_written_out_does_not_leave_a_delivery_of_nothing(
    published, owner, tmp_path, monkeypatch
):
    """One of which the announcement is gone could never be made, and would keep those of its account behind it."""
    before = files.write
    with ThreadPoolExecutor(1) as pool:
        replayed: list[Future[int]] = []

        def write(folder, name, *rest):
            file = before(folder, name, *rest)
            if name.endswith("announcements.parquet") and not replayed:
                replayed.append(pool.submit(delivered_again, published))
                wait([replayed[0]], timeout=1)
            return file

        monkeypatch.setattr(files, "write", write)
        written = write_out(published, owner, tmp_path).announcements
        again = replayed[0].result(10)
    assert published.one(ORPHANS) == 0
    assert (written > 4, again) == (True, published.one("SELECT count(*) FROM outbox"))


def test_what_is_being_delivered_again_stays(published, owner, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        with published.store.transaction() as tx:
            again = delivered_again(published, tx)
            done = pool.submit(write_out, published, owner, tmp_path)
            wait([done], timeout=2)
        assert done.result(10).announcements == 0
    assert published.one(ORPHANS) == 0
    assert published.one("SELECT count(*) FROM webhook_delivery") == again > 4


def test_a_fee_in_an_archive_is_refused_under_another_event_and_nothing_else_of_it_is_booked(
    months, owner, tmp_path
):
    write_out(months, owner, tmp_path)
    months.receive(report(months, "a", "a10", "new", day="2027-01-01"))
    months.drain()
    assert months.refused() == ["archived"]
    assert months.one("SELECT count(*) FROM fee WHERE cycle = 202701") == 0
    assert months.violated() == {}


def test_the_database_refuses_an_archived_fee_of_a_program_that_knows_no_archives(
    months, owner, tmp_path, monkeypatch
):
    """And the others' events are booked, with what they repeat left out."""
    monkeypatch.setattr(
        known,
        "_KNOWN_FEES",
        text("""SELECT f.account_id, f.fee_key, f.amount
                FROM unnest(CAST(:names AS text[]), CAST(:keys AS uuid[])) AS w (name, fee_key)
                JOIN account a ON a.external_id = w.name
                JOIN fee f ON f.account_id = a.id AND f.fee_key = w.fee_key AND f.occurrence = 0"""),
    )
    write_out(months, owner, tmp_path)
    months.receive(
        report(months, "a", "new", "a10", day="2027-01-01"), report(months, "b", "a10", day="2027-01-01")
    )
    months.drain(max_attempts=2)
    assert months.rows(
        "SELECT account, state, attempts FROM inbox WHERE type = 'fees' AND state <> 'done'"
    ) == [("a", "parked", 2)]
    assert "was billed long ago and is in an archive" in months.one(
        "SELECT reason FROM inbox WHERE state = 'parked'"
    )
    assert months.rows("SELECT account_id FROM fee WHERE cycle = 202701") == [(2,)]
    assert months.violated() == {}


@pytest.mark.parametrize("late", [False, True], ids=["with the fee", "a month later"])
def test_an_event_that_repeats_a_fee_goes_with_it_or_keeps_it(months, owner, tmp_path, late):
    if not late:
        months.at("2026-12-20 00:00")
    months.receive(report(months, "a", "a10"))
    months.drain()
    months.at("2027-01-03 00:00")
    done = write_out(months, owner, tmp_path)
    assert done.stays == ({Stays.REPEATED: 2} if late else {})
    assert done.events == (2 if late else 5)
    assert months.violated() == {}
    assert write_out(months.at("2027-02-03 00:00"), owner, tmp_path, 202702).bills == (4 if late else 2)
    assert months.violated() == {}


def test_an_event_that_another_has_not_committed_yet_is_waited_for(
    months, owner, tmp_path, monkeypatch, shared_url
):
    """It has its row before others that are done: handled while its account is written out, it repeats what goes."""
    repeats = report(months, "a", "a10")
    insert = "INSERT INTO inbox (source, event_id, type, account, data) VALUES (%s, 'late', 'fees', 'a', %s)"
    with psycopg.connect(shared_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute(insert, [repeats["source"], json.dumps(repeats["data"])])
        months.receive(report(months, "b", "new", day="2027-01-01"))
        months.drain()
        monkeypatch.setattr(operation, "_OPEN_S", 0.2)
        with pytest.raises(Busy, match="is open"):
            write_out(months, owner, tmp_path)
        monkeypatch.setattr(operation, "_OPEN_S", 20)
        done = pool.submit(write_out, months, owner, tmp_path)
        wait([done], timeout=0.5)
        assert not done.done()
        other.commit()
        months.drain()
        done.result(20)
    assert months.rows("SELECT state FROM inbox WHERE event_id = 'late'") in ([], [("done",)])
    assert months.violated() == {}


def test_an_event_of_two_months_ties_them(world, owner, tmp_path):
    world.open("a", opening_cash="100.00")
    world.at("2026-11-01 20:00")
    first, second = report(world, "a", "x"), report(world, "a", "y", day="2026-11-01")
    first["data"]["fees"] += second["data"]["fees"]
    world.receive(first)
    world.drain()
    world.at("2026-11-02 04:00").tick()
    assert write_out(world.at("2026-12-01 00:00"), owner, tmp_path, 202612).stays == {Stays.SHARED: 1}
    world.at("2026-12-02 04:00").tick()
    assert write_out(world.at("2027-01-01 00:00"), owner, tmp_path, 202701).bills == 2
    assert world.violated() == {}


def test_what_is_owed_stays_whole(world, owner, tmp_path):
    world.open("a")
    world.fee("a", "3")
    world.at("2026-11-02 04:00").tick()
    done = write_out(world.at("2026-12-01 00:00"), owner, tmp_path, 202612)
    assert (done.bills, done.unsettled) == (0, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_bill_that_is_not_the_sum_of_its_fees_stays(months, owner, tmp_path):
    with months.store.transaction() as tx:
        tx.execute(text("UPDATE bill SET accrued = accrued + 1 WHERE cycle = 202610"))
    assert write_out(months, owner, tmp_path).stays == {Stays.DIFFERS: 2}
    assert set(months.violated()) >= {"bill_lines"}


def test_what_has_fees_of_an_import_stays(months, owner, tmp_path):
    with owner.transaction() as tx:
        tx.execute(text("INSERT INTO fee_import (file_name, started_at) VALUES ('f', now())"))
        tx.execute(
            text("""
            INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, import_id,
                             booked_at)
            SELECT account_id, gen_random_uuid(), cycle, 0, currency, product, incurred_at, late, 1, booked_at FROM fee
            WHERE cycle = 202610 LIMIT 1""")
        )
    done = write_out(months, owner, tmp_path)
    assert (done.bills, done.stays) == (3, {Stays.IMPORTED: 1})


def test_what_may_still_be_tried_again_keeps_the_account_whole(months, owner, tmp_path):
    months.receive(report(months, "a", "x", amount="no amount"))
    months.drain()
    done = write_out(months, owner, tmp_path)
    assert (done.bills, done.stays) == (2, {Stays.SET_ASIDE: 2})


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("DELETE FROM archived_fee_keys WHERE account_id = 1", "archives_on_record"),
        ("DELETE FROM archived_event WHERE account_id = 1", "archives_on_record"),
        ("UPDATE bill SET archive_id = NULL WHERE account_id = 1 AND cycle = 202610", "archives_on_record"),
        ("UPDATE archive SET sums = '{\"USD\": \"4.41\"}'", "archives_on_record"),
        # Moved from one to another: as many, and they come to as much.
        ("UPDATE bill SET accrued = accrued + CASE account_id WHEN 1 THEN 1 ELSE -1 END WHERE cycle = 202610",
         "archives_on_record"),
        ("UPDATE archived_fee_keys SET fee_keys[2] = gen_random_uuid() WHERE account_id = 1", "archives_on_record"),
        ("UPDATE bill SET archive_id = 1 WHERE cycle = 202612", "archived_once"),
        ("INSERT INTO archived_fee_keys SELECT account_id, fee_key, ARRAY[fee_key] FROM fee LIMIT 1", "archived_once"),
        ("INSERT INTO archived_event SELECT event_identity(source, event_id), id, 1, 0, now(), 1 FROM inbox LIMIT 1",
         "archived_once"),
    ],
)  # fmt: skip
def test_the_audit_finds_what_an_archive_lacks(months, owner, tmp_path, change, check):
    write_out(months, owner, tmp_path)
    with owner.transaction() as tx:
        tx.exec_driver_sql(change)
    assert check in months.violated()


@pytest.fixture
def told(world):
    """Three months by contract, of which one account pays and one is overdue; two were suspended after declines. What
    was told of it is published, and it is January.
    """
    contract(world, "pays")
    contract(world, "late")
    world.top_up("pays", "100.00")
    with_card(world, "soft", "soft-in-december")
    gateway = FakeGateway()
    for day in ("10-15", "10-30", "11-02", "11-14", "11-20", "12-02", "12-13", "12-20", "12-31"):
        world.at(f"2026-{day} 04:00").tick()
        gateway.answers = [SOFT] * 9
        if day in ("10-15", "11-20", "12-20"):
            for name in ("pays", "late"):
                world.fee(name, "1.00", f"2026-{day}T00:00:00Z")
            world.fee("pays", "-0.50", f"2026-{day}T00:00:00Z")
        if day in ("10-15", "12-20"):
            world.fee("soft" if day == "10-15" else "soft-in-december", "1000", f"2026-{day}T00:00:00Z")
        world.charge(gateway)
    for day in ("01-02", "01-05", "01-13", "01-20"):
        world.at(f"2027-{day} 04:00").tick()
        gateway.answers = [SOFT] * 9
        world.charge(gateway)
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = created_at"))
    return world


LIES = {
    "UPDATE bill SET overdue_at = overdue_at + interval '1 day' WHERE cycle = 202612": "overdue_announced",
    "UPDATE collecting SET stage_at = stage_at + interval '1 day' WHERE stage_at > '2027-01-01'": "collection_pace",
    "UPDATE bill_line SET product = 'OSS' WHERE cycle = 202612": "bill_fees",
    "UPDATE bill_line l SET product = 'OSS' FROM bill b WHERE b.account_id = l.account_id AND b.cycle = l.cycle"
    " AND b.cycle = 202610 AND b.state = 'unsettled'": "bill_fees",
    "UPDATE bill SET due_on = due_on + 3 WHERE archive_id = 1": "due_dates",
    "UPDATE bill SET due_on = NULL, due_rule = NULL WHERE archive_id = 1": "bills_due",
}


def test_what_is_in_archives_is_not_missed_and_a_lie_in_what_is_not_is_found(
    told, owner, tmp_path, shared_url
):
    assert told.violated() == {}
    of_states = "SELECT count(*) FROM outbox WHERE topic IN ('bill.overdue', 'account.suspended')"
    assert told.one(of_states) == 5
    assert write_out(told, owner, tmp_path).bills == 2
    assert told.one(of_states) == 2
    assert told.violated() == {}
    for lie, check in LIES.items():
        with tampered(shared_url) as books:
            books.write(lie)
            report = audit(books, at=told.now, policy=told.policy)
            assert check in {one.name for one in report.checks if one.violations}, lie


def test_sets_are_as_small_as_they_are_to_be_and_fees_are_counted_once(months, owner, tmp_path, monkeypatch):
    counted, count = [], archived_bills.accounts_with_over

    def counting(*arguments, **named):
        counted.extend(found := count(*arguments, **named))
        return found

    monkeypatch.setattr(archived_bills, "accounts_with_over", counting)
    # Two of fees, and one of what both accounts moved.
    assert write_out(months, owner, tmp_path, fees=1).archives == [1, 2, 3]
    assert [fees for _, fees in counted] == [3, 3]
    assert months.violated() == {}


def test_fees_are_read_in_one_statement_however_few_are_in_memory_at_once(
    months, owner, tmp_path, monkeypatch
):
    said = []
    monkeypatch.setattr(archives, "_AT_ONCE", 1)
    event.listen(owner.engine, "before_cursor_execute", lambda _c, _r, sql, *_: said.append(sql))
    assert write_out(months, owner, tmp_path).fees == 4
    assert sum("AS fee_key" in sql for sql in said) == 1
    rows = [row for part in files.read(next(tmp_path.glob("*-fees.parquet"))) for row in part]
    assert [row["account"] for row in rows] == ["a"] * 2 + ["b"] * 2


def test_a_month_that_has_not_begun_is_not_over(months, owner, tmp_path):
    with pytest.raises(Refused, match="2027-02 has not begun"):
        write_out(months, owner, tmp_path, 202702)


def test_a_role_that_is_not_the_owner_is_refused_before_anything_is_written(months, tmp_path):
    with pytest.raises(Refused, match="SETTLE_MIGRATION_URL"):
        write_out(months, months.store, tmp_path)
    assert list(tmp_path.iterdir()) == []


def starts_a_worker_of_another_release(world):
    with world.store.transaction() as tx:
        tx.execute(
            text(
                """INSERT INTO process (id, host, pid, kind, name, queues, version, settings, started_at, seen_at,
                                        worked)
                   VALUES (gen_random_uuid(), 'h', 1, 'worker', 'w', '{}', '0.0.9', '', now(), now(), '{}')"""
            )
        )


@pytest.mark.parametrize("sets", [1, 2, 3], ids=["fees", "ledgers", "announcements"])
def test_a_set_is_not_begun_when_workers_of_another_release_have_come_meanwhile(
    months, owner, tmp_path, sets
):
    made = []

    def comes(archive):
        made.append(archive.kind)
        if len(made) == sets:
            starts_a_worker_of_another_release(months)

    with months.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = created_at"))
    with pytest.raises(Refused, match=r"workers of release 0\.0\.9"):
        archive_before(
            owner, tmp_path, Cycle(202701), at=months.now, policy=months.policy, on_archive=comes,
            limits=ArchiveLimits(announcements=1),
        )  # fmt: skip
    assert made == ["bills", "ledger", "announcements"][:sets]
    assert months.violated() == {}


def test_nothing_is_written_out_while_workers_of_another_release_are_at_work(months, owner, tmp_path):
    starts_a_worker_of_another_release(months)
    with pytest.raises(Refused, match=r"workers of release 0\.0\.9") as told:
        write_out(months, owner, tmp_path)
    assert told.value.code == "other_release"
    with months.store.transaction() as tx:
        tx.execute(text("UPDATE process SET seen_at = now() - interval '6 minutes'"))
    assert write_out(months, owner, tmp_path).bills == 4


def test_no_worker_writes_out_and_no_owner_deletes_what_is_in_no_archive(
    months, shared_url, shared_owner_url
):
    for url, change in (
        (shared_url, "INSERT INTO archived_fee_keys SELECT account_id, fee_key, ARRAY[fee_key] FROM fee"),
        (shared_url, "DELETE FROM archived_event"),
        (shared_url, "DELETE FROM fee"),
        (shared_owner_url, "DELETE FROM fee"),
        (shared_owner_url, "UPDATE fee SET amount = 0"),
    ):
        with pytest.raises(errors.InsufficientPrivilege), psycopg.connect(url) as connection:
            connection.execute(change)


def test_the_planner_knows_how_many_rows_there_are_before_any_is_looked_for(months, owner, tmp_path):
    begun = months.one("SELECT clock_timestamp()")
    write_out(months, owner, tmp_path)
    analyzed = {
        name
        for (name,) in months.rows(f"SELECT relname FROM pg_stat_user_tables WHERE last_analyze >= '{begun}'")
    }
    assert analyzed >= {
        "account",
        "bill",
        "bill_line",
        "fee",
        "inbox",
        "outbox",
        "repayment",
        "ledger_transfer",
    }
