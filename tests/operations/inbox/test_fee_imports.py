"""Importing billing exports: every row once, whatever is imported again. Rule: R2.1, R2.3."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from settlement.errors import Refused
from settlement.focus import RefusedLine, identity
from settlement.focus.columns import ColumnNames
from settlement.operations.inbox.fee_imports import ImportReport, import_fees
from settlement.plans.bills.fee_imports import ExportRow, plan_import
from settlement.storage.store import Store
from settlement.storage.work.fees import fee_imports
from tests.support.world import World

HEADER = "BillingAccountId,BilledCost,BillingCurrency,ChargePeriodStart,ServiceName"


def rows(*lines, header=HEADER):
    return "\n".join((header, *lines)) + "\n"


class Importer:
    """Imports texts as files; what the last one refused is in `refused`."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.refused: list[RefusedLine] = []

    def __call__(self, content: str, *, name: str = "export.csv", **options: Any) -> ImportReport:
        path = self.folder / name
        path.write_text(content)
        self.refused = []
        at, policy, store = self.world.now, self.world.policy, options.pop("store", self.world.store)
        return import_fees(store, path, at=at, policy=policy, on_refused=self.refused.append, **options)


@pytest.fixture
def imported(world, tmp_path):
    return Importer(world, tmp_path)


OCTOBER = rows(
    "a,1.0000000001,USD,2026-10-03T00:00:00Z,ECS",
    "a,2.5,USD,2026-10-03T00:00:00Z,OSS",
    "b,4,USD,2026-10-03T00:00:00Z,ECS",
    "b,-1,USD,2026-10-04T00:00:00Z,ECS",
)


def counts(report):
    return report.rows, report.accepted, report.duplicate, report.refused


def accrued(world):
    found = world.rows("SELECT external_id, accrued FROM bill JOIN account a ON a.id = account_id ORDER BY 1")
    return dict(found)


def test_an_export_accrues_and_importing_it_again_changes_nothing(world, imported):
    world.open("a", "b")
    report = imported(OCTOBER)
    assert counts(report) == (4, 4, 0, 0)
    assert report.totals == {"USD": Decimal("6.5000000001")}
    assert accrued(world) == {"a": Decimal("3.5000000001"), "b": Decimal(3)}
    before = world.image()
    again = imported(OCTOBER, name="the same under another name.csv")
    assert counts(again) == (4, 0, 4, 0)
    assert again.totals == {}
    assert world.image() == before


def test_a_longer_export_that_contains_it_adds_what_is_new(world, imported):
    world.open("a", "b")
    imported(OCTOBER)
    report = imported(OCTOBER + "a,8,USD,2026-10-05T00:00:00Z,ECS\n")
    assert counts(report) == (5, 1, 4, 0)
    assert accrued(world)["a"] == Decimal("11.5000000001")


def test_rows_of_a_batch_are_let_go_of_without_the_collector_of_garbage(world, imported):
    """Else an export of millions of rows has those of many batches in memory."""
    world.open("a", "b")
    gc.collect()
    gc.disable()
    try:
        imported(OCTOBER, batch_rows=1)
        assert [one for one in gc.get_objects() if type(one) is ExportRow] == []
    finally:
        gc.enable()


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 1000])
def test_identical_rows_of_one_export_are_different_fees_and_counted(world, imported, batch_rows):
    world.open("a")
    same = "a,1,USD,2026-10-03T00:00:00Z,ECS"
    assert counts(imported(rows(same, same), batch_rows=batch_rows)) == (2, 2, 0, 0)
    assert counts(imported(rows(same, same), batch_rows=batch_rows)) == (2, 0, 2, 0)
    assert counts(imported(rows(same, same, same, same), batch_rows=batch_rows)) == (4, 2, 2, 0)
    assert counts(imported(rows(same), batch_rows=batch_rows)) == (1, 0, 1, 0)
    assert accrued(world) == {"a": Decimal(4)}


def in_turn(*lines, times):
    return rows(*(line.format(number) for number in range(1, times + 1) for line in lines))


def test_rows_of_an_account_are_booked_together_wherever_they_are_in_a_batch(world, imported):
    """Else each transaction would load and write all accounts for a few rows of each."""
    world.open("a", "b")
    turns = in_turn("b,{},USD,2026-10-03T00:00:00Z,ECS", "a,{},USD,2026-10-03T00:00:00Z,ECS", times=3)
    assert counts(imported(turns, part_rows=3)) == (6, 6, 0, 0)
    transactions = world.rows(
        "SELECT DISTINCT external_id, f.xmin::text FROM fee f JOIN account a ON a.id = account_id"
    )
    assert len(transactions) == 2
    assert accrued(world) == {"a": Decimal(6), "b": Decimal(6)}


@pytest.mark.parametrize("part_rows", [1, 2, 3])
def test_an_account_of_more_rows_than_a_part_is_booked_in_the_order_of_the_file(world, imported, part_rows):
    """Which of two rows with one id is the repeat is said by the file."""
    world.open("a", "b")
    ids = rows(
        "b,1,USD,2026-10-03T00:00:00Z,ECS,x", "a,1,USD,2026-10-03T00:00:00Z,ECS,x",
        "b,2,USD,2026-10-03T00:00:00Z,ECS,x", "a,2,USD,2026-10-03T00:00:00Z,ECS,y",
        "b,4,USD,2026-10-03T00:00:00Z,ECS,y", "a,3,USD,2026-10-03T00:00:00Z,ECS,y", header=HEADER + ",Id",
    )  # fmt: skip
    assert counts(imported(ids, columns=ColumnNames(id="Id"), part_rows=part_rows)) == (6, 4, 0, 2)
    assert [line.line for line in imported.refused] == [4, 7]
    assert accrued(world) == {"a": Decimal(3), "b": Decimal(5)}


@pytest.mark.parametrize("part_rows", [1, 2, 5])
def test_identical_rows_in_several_parts_are_counted(world, imported, part_rows):
    world.open("a", "b")
    same = in_turn("b,1,USD,2026-10-03T00:00:00Z,ECS", "a,1,USD,2026-10-03T00:00:00Z,ECS", times=3)
    assert counts(imported(same, part_rows=part_rows)) == (6, 6, 0, 0)
    assert counts(imported(same, part_rows=part_rows)) == (6, 0, 6, 0)
    assert accrued(world) == {"a": Decimal(3), "b": Decimal(3)}


FINAL = "BillingAccountId,InvoiceId,BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceName,Tags"


def month(invoice="", tags="", *, header=FINAL):
    line = "a,{},{},USD,2026-10-01T00:00:00Z,2026-10-{}T00:00:00Z,{},{}"
    return rows(
        line.format(invoice, "100.00", "10", "Compute", tags), line.format(invoice, "50.00", "11", "Storage", tags),
        header=header,
    )  # fmt: skip


@pytest.mark.parametrize(
    "final",
    [
        pytest.param(month("INV-7"), id="the invoice is filled in"),
        pytest.param(month(tags='"{""team"": ""a""}"'), id="tagged later"),
        pytest.param(month("INV-7", tags="x", header=FINAL.replace("Tags", "x_ExportTime")), id="stamped"),
        pytest.param(month().replace("100.00", "100.0"), id="written otherwise"),
    ],
)
def test_what_a_provider_fills_in_later_bills_nothing_again(world, imported, final):
    world.open("a")
    imported(month())
    assert counts(imported(final)) == (2, 0, 2, 0)
    assert accrued(world) == {"a": Decimal(150)}
    assert world.faults() == 0


def of_everything(*parts):
    return blake2b("|".join(parts[-1]).encode(), digest_size=16).digest()


@pytest.fixture
def release_before(monkeypatch):
    """Imports as they were before rows had an identity that leaves columns out, and before fees knew their picture."""

    @contextmanager
    def before():
        with monkeypatch.context() as patched:
            patched.setattr(
                identity,
                "of_row",
                lambda _: lambda *parts: blake2b("|".join(parts[-1]).encode(), digest_size=16).digest(),
            )
            patched.setattr(fee_imports, "picture_ids", lambda _, pictures: dict.fromkeys(pictures))
            yield

    return before


@pytest.mark.parametrize("batch_rows", [1, 1000])
def test_rows_booked_under_the_identity_before_are_not_billed_again(
    world, imported, release_before, batch_rows
):
    world.open("a")
    with release_before():
        imported(month())
        assert world.rows("SELECT DISTINCT export_id FROM fee") == [(None,)]
    again = month("INV-7")
    same = again.splitlines()[1]
    for _ in range(2):
        assert counts(imported(again, batch_rows=batch_rows)) == (2, 0, 2, 0)
    assert counts(imported(f"{again}{same}\n", batch_rows=batch_rows)) == (3, 1, 2, 0)
    assert counts(imported(again.replace(same, f"{same}\n{same}"), batch_rows=batch_rows)) == (3, 0, 3, 0)
    assert accrued(world) == {"a": Decimal(250)}
    assert world.faults() == 0


def test_rows_with_ids_are_told_apart_by_them(world, imported):
    world.open("a")
    header = HEADER + ",Id"
    columns = ColumnNames(id="Id")
    line = "a,{},USD,2026-10-03T00:00:00Z,ECS,{}"
    first = rows(line.format(1, "x"), line.format(1, "y"), line.format(1, "x"), header=header)
    assert counts(imported(first, columns=columns)) == (3, 2, 1, 0)
    second = rows(line.format(2, "x"), line.format(3, "z"), header=header)
    assert counts(imported(second, columns=columns)) == (2, 1, 0, 1)
    assert "known with amount 1" in imported.refused[0].reason


def test_what_cannot_be_booked_is_refused_by_line_and_the_rest_goes_on(world, imported):
    world.open("a")
    report = imported(
        rows(
            "a,1,USD,2026-10-03T00:00:00Z,ECS",
            "nobody,1,USD,2026-10-03T00:00:00Z,ECS",
            "a,1,EUR,2026-10-03T00:00:00Z,ECS",
            "a,one,USD,2026-10-03T00:00:00Z,ECS",
            "a,1,USD,0001-01-01T00:00:00Z,ECS",
            "a,1,USD,9999-12-31T23:00:00Z,ECS",
            "a,2,USD,2026-10-03T00:00:00Z,ECS",
        )
    )
    assert counts(report) == (7, 2, 0, 5)
    assert [line.line for line in imported.refused] == [3, 4, 5, 6, 7]
    assert accrued(world) == {"a": Decimal(3)}


def test_unknown_accounts_are_created_where_that_is_asked_for(world, imported):
    report = imported(OCTOBER, create_accounts=True)
    assert (report.accounts_created, counts(report)) == (2, (4, 4, 0, 0))
    again = imported(OCTOBER, create_accounts=True)
    assert (again.accounts_created, counts(again)) == (0, (4, 0, 4, 0))


def test_rows_of_a_month_that_is_issued_count_late(world, imported):
    world.open("a", "b")
    world.at("2026-11-02 04:00")
    imported(OCTOBER)
    assert world.rows("SELECT DISTINCT cycle, late FROM fee") == [(202611, True)]


def test_a_file_without_rows_is_refused(world, imported):
    with pytest.raises(Refused):
        imported("")


def test_imported_fees_and_events_meet_on_one_bill(world, imported):
    world.open("a", "b", opening_cash="100.00")
    world.fee("a", "10")
    imported(OCTOBER)
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a") == {202610: ("settled", 1350, 1350)}
    assert world.faults() == 0


def failing(plan):
    """Rows for the product BAD cannot be booked, for a reason that nobody thought of."""

    def instead(snapshot, rows, **given):
        if any(row.fee.product == "BAD" for row in rows):
            raise RuntimeError("it fails\nat length")
        return plan(snapshot, rows, **given)

    return instead


def test_a_row_that_cannot_be_booked_keeps_no_other_from_it(imported, world, monkeypatch):
    """Rule: R11.8a. The batch as a whole fails then, and so does what its account has in it."""
    world.open("a", "b")
    bad = "b,9,USD,2026-10-05T00:00:00Z,BAD"
    with monkeypatch.context() as patched:
        patched.setattr(f"{import_fees.__module__}.plan_import", failing(plan_import))
        report = imported(OCTOBER + bad + "\n" + "b,8,USD,2026-10-06T00:00:00Z,ECS\n")
    assert counts(report) == (6, 5, 0, 1)
    assert [(line.line, line.reason) for line in imported.refused] == [(6, "cannot be booked: it fails")]
    assert report.totals == {"USD": Decimal("14.5000000001")}
    assert counts(imported(OCTOBER + bad + "\n")) == (5, 1, 4, 0)


def test_an_account_that_somebody_has_locked_keeps_no_other_from_being_booked(imported, world, shared_url):
    """Rule: R11.8c. What it misses comes with the next import of the file."""
    world.open("a", "b")
    store = Store(shared_url, lock_timeout_s=0.1)
    with world.store.transaction() as tx:
        tx.execute(text("SELECT 1 FROM account WHERE external_id = 'b' FOR UPDATE"))
        report = imported(OCTOBER, store=store)
    assert counts(report) == (4, 2, 0, 2)
    assert [(line.line, line.reason) for line in imported.refused] == [
        (line, "account b is locked by somebody else: import the file again") for line in (4, 5)
    ]
    assert counts(imported(OCTOBER, store=store)) == (4, 2, 2, 0)
    store.close()


def test_events_of_a_locked_account_keep_no_export_from_opening_accounts(imported, world, shared_url):
    world.open("other")
    world.receive(world.message("top_up", "other", amount="1.00", currency="USD"))
    store = Store(shared_url, lock_timeout_s=0.1)
    with world.store.transaction() as tx:
        tx.execute(text("SELECT 1 FROM account WHERE external_id = 'other' FOR UPDATE"))
        report = imported(OCTOBER, store=store, create_accounts=True)
    assert (counts(report), report.accounts_created) == ((4, 4, 0, 0), 2)
    store.close()


def test_rows_with_very_long_names_are_booked_few_at_a_time(imported, world):
    """Rule: R11.8b."""
    world.open("a")
    products = [f"{number:0100000}" for number in range(100)]
    report = imported(rows(*(f"a,1,USD,2026-10-03T00:00:00Z,{product}" for product in products)))
    assert counts(report) == (100, 100, 0, 0)
    assert world.one("SELECT count(DISTINCT xmin::text) FROM fee") > 1
    world.at("2026-11-02 04:00").tick()
    assert world.bills("a")[202610][1] == 100_00
