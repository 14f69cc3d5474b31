"""An export as the whole state of its provider and billing period. Rule: R2.1h, R2.3."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text

from settlement.errors import Busy, Refused
from settlement.focus import RefusedLine
from settlement.focus.columns import ColumnNames
from settlement.operations.inbox import fee_snapshots
from settlement.operations.inbox.fee_imports import ImportReport, import_fees
from settlement.operations.inbox.fee_snapshot_staging import SnapshotReport
from settlement.operations.inbox.fee_snapshots import import_snapshot
from settlement.operations.settle import settle
from settlement.storage.store import Store
from settlement.storage.work.fees import fee_snapshots as stored
from tests.operations.inbox.test_fee_imports import release_before  # noqa: F401
from tests.support.world import World

HEADER = (
    "BillingAccountId,BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceName,ProviderName,"
    "ResourceId"
)


def row(account="a", cost="10", *, day=3, provider="AWS", resource="vm-1", currency="USD", month="2026-10"):
    start = f"{month}-{day:02}T00:00:00Z"
    return f"{account},{cost},{currency},{month}-01T00:00:00Z,{start},ECS,{provider},{resource}"


class Importer:
    """Imports lists of rows as files; what the last snapshot refused is in `refused`."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.paths = (folder / f"export-{number}.csv" for number in itertools.count())
        self.refused: list[RefusedLine] = []

    def write(self, rows: tuple[str, ...], header: str = HEADER) -> Path:
        path = next(self.paths)
        path.write_text("\n".join((header, *rows)) + "\n")
        return path

    def snapshot(
        self, *rows: str, files: list[tuple[str, ...]] | None = None, **options: Any
    ) -> SnapshotReport:
        header = options.pop("header", HEADER)
        paths = [self.write(file, header) for file in files or [rows]]
        self.refused = []
        return import_snapshot(
            self.world.store, paths, at=self.world.now, policy=self.world.policy,
            on_refused=lambda _, line: self.refused.append(line), **options,
        )  # fmt: skip

    def news(self, *rows: str, **options: Any) -> ImportReport:
        path = self.write(rows, options.pop("header", HEADER))
        return import_fees(self.world.store, path, at=self.world.now, policy=self.world.policy, **options)


@pytest.fixture
def imported(world, tmp_path):
    world.open("a", "b")
    return Importer(world, tmp_path)


def did(report):
    """Booked, taken back, unchanged, refused."""
    difference = report.difference
    return difference.booked, difference.taken_back, report.unchanged, report.refused


def accrued(world):
    found = world.rows(
        "SELECT external_id, sum(accrued) FROM bill JOIN account a ON a.id = account_id GROUP BY 1 ORDER BY 1"
    )
    return {name: amount for name, amount in found if amount}


def leftovers(world):
    return world.one(
        """SELECT (SELECT count(*) FROM fee_import_row) + (SELECT count(*) FROM fee_import_difference)
                + (SELECT count(*) FROM fee_import_repeat)"""
    )


@pytest.mark.parametrize("batch_rows", [1, 2, 1000])
def test_what_is_new_is_booked_what_is_gone_is_taken_back_and_the_rest_stays(world, imported, batch_rows):
    first = row(), row(day=4, resource="vm-2"), row("b", "7")
    assert did(imported.snapshot(*first, batch_rows=batch_rows)) == (3, 0, 0, 0)
    assert did(imported.snapshot(*first, batch_rows=batch_rows)) == (0, 0, 3, 0)
    # A row changed, which is one gone and one new; one gone; one new.
    report = imported.snapshot(row(cost="12.5"), row("b", "7"), row("b", "1", day=5), batch_rows=batch_rows)
    assert did(report) == (2, 2, 1, 0)
    assert report.difference.booked_totals == {"USD": Decimal("13.5")}
    assert report.difference.taken_back_totals == {"USD": Decimal(20)}
    assert accrued(world) == {"a": Decimal("12.5"), "b": Decimal(8)}
    assert leftovers(world) == 0
    assert world.faults() == 0


def test_what_is_taken_back_refers_to_the_fee_and_stands_on_its_line(world, imported):
    imported.snapshot(row(), row("b"))
    imported.snapshot(row("b"))
    assert world.rows(
        """SELECT back.amount, back.product, back.incurred_at = f.incurred_at, back.cycle, back.late
           FROM fee back JOIN fee f ON f.account_id = back.account_id AND f.fee_key = back.takes_back"""
    ) == [(Decimal(-10), "ECS", True, 202610, False)]
    assert world.rows("SELECT product, single_month, accrued FROM bill_line WHERE accrued = 0") == [
        ("ECS", True, 0)
    ]


def test_a_row_comes_goes_and_comes_again(world, imported):
    for n in range(3):
        assert did(imported.snapshot(row(), row("b"))) == (1 if n else 2, 0, 1 if n else 0, 0)
        assert did(imported.snapshot(row("b"))) == (0, 1, 1, 0)
    assert accrued(world) == {"b": Decimal(10)}
    assert world.faults() == 0


def test_identical_rows_are_counted(world, imported):
    assert did(imported.snapshot(row(), row(), row())) == (3, 0, 0, 0)
    assert did(imported.snapshot(row())) == (0, 2, 1, 0)
    assert did(imported.snapshot(row(), row())) == (1, 0, 1, 0)
    assert accrued(world) == {"a": Decimal(20)}
    assert world.faults() == 0


def test_the_files_of_an_export_are_one_picture(world, imported):
    parts = [(row(),), (row("b"), row(day=4))]
    assert did(imported.snapshot(files=parts)) == (3, 0, 0, 0)
    assert did(imported.snapshot(files=parts[::-1])) == (0, 0, 3, 0)


def test_other_providers_and_other_months_are_left_alone(world, imported):
    imported.snapshot(row(), row(day=4))
    imported.snapshot(row("a", "3", provider="Oracle"))
    imported.snapshot(row("a", "5", month="2026-11"))
    assert did(imported.snapshot(row(day=4))) == (0, 1, 1, 0)
    assert accrued(world) == {"a": Decimal(18)}


@pytest.mark.parametrize("other", [row(provider="Oracle"), row(month="2026-11")])
def test_files_of_two_pictures_are_refused_whole(world, imported, other):
    with pytest.raises(Refused, match="one provider and one billing period") as caught:
        imported.snapshot(row(), other)
    assert caught.value.code == "several_pictures"
    assert world.rows("SELECT * FROM fee") == []
    assert leftovers(world) == 0


def test_a_picture_with_holes_books_nothing(world, imported):
    imported.snapshot(row(), row("b"))
    report = imported.snapshot(row(cost="much"), row("b", "1"))
    assert (report.unreadable, did(report)) == (1, (0, 0, 0, 1))
    assert accrued(world) == {"a": Decimal(10), "b": Decimal(10)}
    assert [line.line for line in imported.refused] == [2]


def test_an_account_that_cannot_be_booked_keeps_what_it_has(world, imported):
    imported.snapshot(row(), row("b"))
    report = imported.snapshot(row(currency="EUR"), row("b", "2"), row("nobody"))
    assert did(report) == (1, 1, 0, 2)
    assert [line.reason for line in imported.refused] == [
        "currency EUR: account a is kept in USD", "account 'nobody' is not known",
    ]  # fmt: skip
    assert accrued(world) == {"a": Decimal(10), "b": Decimal(2)}


def test_after_issuance_the_difference_goes_to_the_open_month_late(world, imported):
    world.top_up("a", "100.00")
    imported.snapshot(row(), row(cost="1", day=4))
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[202610] == ("settled", 1100, 1100)
    report = imported.snapshot(row(cost="8"), row(cost="1", day=4))
    assert (report.difference.late, did(report)) == (2, (1, 1, 1, 0))
    assert world.rows("SELECT cycle, amount, late FROM fee ORDER BY cycle, amount") == [
        (202610, Decimal(1), False), (202610, Decimal(10), False), (202611, Decimal(-10), True),
        (202611, Decimal(8), True),
    ]  # fmt: skip
    assert did(imported.snapshot(row(cost="8"), row(cost="1", day=4))) == (0, 0, 2, 0)
    assert world.faults() == 0


def test_a_dry_run_shows_the_difference_and_books_nothing(world, imported):
    imported.snapshot(row(), row(day=4))
    before = world.image()
    then = row(cost="12"), row("new", "3"), row("new", "4")
    shown = imported.snapshot(*then, dry_run=True, create_accounts=True)
    assert world.image() == before
    assert leftovers(world) == 0
    done = imported.snapshot(*then, create_accounts=True)
    assert (did(shown), shown.accounts_created, shown.difference) == (did(done), 1, done.difference)
    assert did(done) == (3, 2, 0, 0)


def test_news_and_pictures_of_the_same_export_know_each_other(world, imported):
    imported.news(row(), row(day=4))
    assert did(imported.snapshot(row(), row(day=5))) == (1, 1, 1, 0)
    # An older picture that comes as news brings nothing back.
    assert imported.news(row(), row(day=4)).duplicate == 2
    assert accrued(world) == {"a": Decimal(20)}
    assert world.faults() == 0


def test_rows_booked_under_another_name_are_known_and_not_taken_back(world, imported):
    imported.news(row(), row(day=4), columns=ColumnNames(provider="aws-asia"))
    report = imported.snapshot(row())
    assert (did(report), report.difference.elsewhere) == ((0, 0, 1, 0), 1)
    assert accrued(world) == {"a": Decimal(20)}
    assert did(imported.snapshot(row(), columns=ColumnNames(provider="aws-asia"))) == (0, 1, 1, 0)


def test_rows_booked_under_the_identity_before_are_not_billed_again(world, imported, release_before):  # noqa: F811
    with release_before():
        imported.news(row(), row(), row(day=4))
    for _ in range(2):
        report = imported.snapshot(row(), row(), row(), row(day=4), row(day=5), batch_rows=2)
    assert (did(report), report.difference.elsewhere) == ((0, 0, 5, 0), 3)
    assert accrued(world) == {"a": Decimal(50)}
    assert world.faults() == 0


def test_a_row_with_an_id_is_the_same_row_with_another_amount(world, imported):
    header, ids = HEADER.replace("ResourceId", "x_Id"), ColumnNames(id="x_Id")
    imported.news(row(resource="r1"), row(cost="5", resource="r2"), header=header, columns=ids)
    report = imported.snapshot(row(cost="11", resource="r1"), header=header, columns=ids)
    assert did(report) == (1, 2, 0, 0)
    assert accrued(world) == {"a": Decimal(11)}
    assert did(imported.snapshot(row(cost="11", resource="r1"), header=header, columns=ids)) == (0, 0, 1, 0)
    with pytest.raises(Refused, match="its id has another amount elsewhere"):
        imported.snapshot(row(resource="r1"), row(cost="2", resource="r1"), header=header, columns=ids)
    assert world.faults() == 0


def test_a_changed_row_charges_nothing_in_between(world, imported):
    """Both halves of a change are one step: no threshold is reached by a row that is being replaced."""
    imported.snapshot(row(cost="600"))
    world.send(
        "payment_method_added", "a", method="m", kind="bank_card", gateway="sandbox", method_token="ok",
    )  # fmt: skip
    assert world.refused() == []
    imported.snapshot(row(cost="700"))
    assert world.attempts("a") == []
    assert accrued(world) == {"a": Decimal(700)}


def test_an_import_that_breaks_off_is_run_again(world, imported, monkeypatch):
    imported.snapshot(*(row(day=day) for day in range(1, 21)), row("b"))
    then = [*(row(day=day, cost="11") for day in range(1, 21)), row("b", "3")]
    real, sets = settle, []

    def dies(*given, **named):
        sets.append(1)
        if len(sets) == 2:
            raise ConnectionError
        return real(*given, **named)

    monkeypatch.setattr(fee_snapshots, "settle", dies)
    with pytest.raises(ConnectionError):
        imported.snapshot(*then, batch_rows=8)
    assert leftovers(world) == 0
    imported.snapshot(*then, batch_rows=8)
    assert accrued(world) == {"a": Decimal(220), "b": Decimal(3)}
    assert world.faults() == 0


def test_two_snapshots_of_one_picture_do_not_run_at_once(world, imported, monkeypatch):
    paths = stored.pages

    def meanwhile(*given):
        with pytest.raises(Refused) as caught:
            imported.snapshot(row(cost="1"))
        assert caught.value.code == "import_running"
        return paths(*given)

    monkeypatch.setattr(stored, "pages", meanwhile)
    assert did(imported.snapshot(row())) == (1, 0, 0, 0)
    assert accrued(world) == {"a": Decimal(10)}


def test_news_and_a_picture_at_once_book_every_row_once(world, imported):
    rows = [row(day=day, resource=f"vm-{n}") for day in range(1, 29) for n in range(10)]
    start, failed = Barrier(2), []

    def run(act, *given, **named):
        start.wait()
        try:
            act(*given, **named)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [
        Thread(target=run, args=(imported.snapshot, *rows), kwargs={"batch_rows": 20}),
        Thread(target=run, args=(imported.news, *rows), kwargs={"batch_rows": 20}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert accrued(world) == {"a": Decimal(2800)}
    assert world.faults() == 0


def test_an_account_that_somebody_has_locked_keeps_no_other_from_being_booked(imported, world, shared_url):
    """Rule: R11.8. Its own rows come when the files are imported again."""
    rows = row(), row("b", "20"), row("c", "30")
    world.open("c")
    store = Store(shared_url, lock_timeout_s=0.1)
    path = imported.write(rows)
    with world.store.transaction() as tx:
        tx.execute(text("SELECT 1 FROM account WHERE external_id = 'b' FOR UPDATE"))
        with pytest.raises(Busy) as raised:
            import_snapshot(store, [path], at=world.now, policy=world.policy)
    store.close()
    assert "was left out, the others were not" in raised.value.__notes__[0]
    assert accrued(world) == {"a": 10, "c": 30}
    assert did(imported.snapshot(*rows)) == (1, 0, 2, 0)


def test_rows_with_very_long_names_are_booked_few_at_a_time(imported, world):
    """Rule: R11.8b."""
    rows = [row(resource=f"vm-{number}").replace("ECS", "x" * 100_000) for number in range(100)]
    assert did(imported.snapshot(*rows)) == (100, 0, 0, 0)
    assert world.one("SELECT count(DISTINCT xmin::text) FROM fee") > 1
    assert did(imported.snapshot(*rows[:40])) == (0, 60, 40, 0)
