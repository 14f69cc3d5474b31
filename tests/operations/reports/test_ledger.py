"""The exported ledger adds up for whoever did not write it. Rule: R11.2b."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from settlement.operations.reports.ledger import Exported, Format, export_ledger
from settlement.queries.ledger import Period
from settlement.rules.calendar import cycle_bounds
from settlement.storage.store import Store
from tests.support.books import Books, Tampered, cycle, utc
from tests.support.servers import PostgresForTests

ODD_NAMES = (
    "a:b",
    "two  spaces",
    " led",
    "*star",
    ";not a comment",
    "日本 公司",
    "50%",
    "a%3Ab",
    "(b)",
    "x|y",
    "ä",
)
WHOLE = Period(None, None)
POSTING = re.compile(r"    (\S+)  (\S+) ([A-Z]{3})(?: (==?) (\S+) ([A-Z]{3}))?")


@pytest.fixture(scope="module")
def month(postgres: PostgresForTests) -> Iterator[tuple[str, str]]:
    """Two months of entries on accounts with odd names: URLs as the worker's role and as the owner."""
    with postgres.database() as name:
        store = Store(postgres.worker_url(name))
        books = Books(store, at=utc("2026-10-05"))
        for number, account in enumerate(ODD_NAMES):
            books.open(account, cash=f"{number}.50")
            books.fee(account, "4.0051", product="ECS")
            books.fee(account, "2.25", product="OSS")
        books.open("yen", currency="JPY", cash="500")
        books.fee("yen", "300.9", currency="JPY")
        books.open("dinar", currency="KWD", cash="1.234")
        books.event(
            "card_activated", "a:b", card="c", amount="3.00", currency="USD", products=["OSS"],
            valid_from="2026-01-01T00:00:00Z", valid_until="2027-01-01T00:00:00Z",
        )  # fmt: skip
        books.until("2026-11-02T04:00")
        books.event("refund", "a:b", amount="1.00", currency="USD")
        books.event("top_up", "two  spaces", amount="100.00", currency="USD")
        books.event("relationship_requested", "two  spaces", member=" led")
        books.event("relationship_accepted", " led", main="two  spaces")
        books.event("transfer", " led", amount="9.99", currency="USD", from_account="two  spaces")
        store.close()
        yield postgres.worker_url(name), postgres.owner_url(name)


def exported(store: Store, form: Format, period: Period = WHOLE) -> tuple[str, Exported]:
    written = io.BytesIO()
    done = export_ledger(
        store,
        written.write,
        form=form,
        period=period,
        at=utc("2026-11-20"),
        policy=Books(store, at=utc("2026-11-20")).policy,
    )
    return written.getvalue().decode(), done


def month_of(text: str, store: Store) -> Period:
    return Period(*cycle_bounds(cycle(text), Books(store, at=utc("2026-11-20")).policy.zone))


def check(journal: str) -> dict[tuple[str, str], Decimal]:
    """A checker of our own: every transaction balances, dates do not go back, every assertion holds."""
    balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    day = ""
    for block in journal.split("\n\n")[1:]:
        title, *postings = block.splitlines() or [""]
        if not title:
            continue
        assert title[:10] >= day
        day = title[:10]
        total: dict[str, Decimal] = defaultdict(Decimal)
        for posting in postings:
            found = POSTING.fullmatch(posting)
            assert found is not None, posting
            account, amount, currency, assertion, asserted, _ = found.groups()
            balances[account, currency] += Decimal(amount)
            total[currency] += Decimal(amount)
            if assertion:
                assert balances[account, currency] == Decimal(asserted), posting
            if assertion == "==":
                assert [key for key in balances if key[0] == account] == [(account, currency)]
        assert not any(total.values()), block
    return balances


def test_the_journal_adds_up_to_the_stored_balances(store: Store) -> None:
    journal, done = exported(store, "hledger")

    balances = check(journal)

    with store.transaction() as tx:
        (entries,) = tx.exec_driver_sql("SELECT count(*) FROM ledger_transfer").one()
        rows = tx.exec_driver_sql("SELECT external_id, cash_minor FROM account WHERE currency = 'USD'").all()
    stored = {row[0]: row[1] for row in rows}
    assert done.entries == entries
    assert journal.count(" == ") == done.balances
    cash = {key[0]: value for key, value in balances.items() if key[0].startswith("liabilities:cash:")}
    assert len(cash) == len(ODD_NAMES) + 2
    assert -cash["liabilities:cash:a%3Ab"] * 100 == stored["a:b"]
    assert -cash["liabilities:cash:a%253Ab"] * 100 == stored["a%3Ab"]
    assert balances["liabilities:transfer-clearing", "USD"] == 0


def test_amounts_have_the_places_of_their_currency(store: Store) -> None:
    journal, _ = exported(store, "hledger")

    assert "liabilities:cash:yen  -500 JPY" in journal
    assert "liabilities:cash:dinar  -1.234 KWD" in journal
    assert "commodity 1000. JPY\ncommodity 1000.000 KWD\ncommodity 1000.00 USD\n" in journal


@pytest.mark.parametrize("month_text", ["2026-09", "2026-10", "2026-11", "2026-12"])
def test_a_month_begins_with_what_was_there_and_ends_with_what_was_stored_then(
    store: Store, month_text: str
) -> None:
    check(exported(store, "hledger", month_of(month_text, store))[0])


def test_a_balance_that_is_not_the_sum_of_its_entries_fails_the_check(books: Tampered) -> None:
    books.plant("UPDATE account SET cash_minor = cash_minor + 1 WHERE external_id = 'yen'")

    with pytest.raises(AssertionError, match="liabilities:cash:yen"):
        check(exported(books, "hledger")[0])


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
@pytest.mark.parametrize("month_text", [None, "2026-10", "2026-11", "2026-12"])
def test_hledger_agrees(store: Store, tmp_path: Path, month_text: str | None) -> None:
    period = WHOLE if month_text is None else month_of(month_text, store)

    assert hledger_check(exported(store, "hledger", period)[0], tmp_path).returncode == 0


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
def test_hledger_refuses_a_wrong_balance(books: Tampered, tmp_path: Path) -> None:
    books.plant("UPDATE stored_value_card SET balance_minor = balance_minor + 1")

    found = hledger_check(exported(books, "hledger")[0], tmp_path)

    assert found.returncode != 0
    assert "assertion" in found.stderr


def hledger_check(journal: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "ledger.journal"
    path.write_text(journal)
    return subprocess.run(["hledger", "-f", path, "check"], capture_output=True, text=True, check=False)


def test_csv_says_what_every_entry_moved(store: Store) -> None:
    text, done = exported(store, "csv")

    rows = list(csv.DictReader(io.StringIO(text)))
    yen = [row for row in rows if row["account"] == "yen"]

    assert len(rows) == done.entries
    assert [
        (row["posted_at"], row["debit"], row["credit"], row["amount"], row["currency"]) for row in yen
    ] == [
        ("2026-10-05T00:00:00.000000Z", "opening", "cash", "500", "JPY"),
        ("2026-11-02T04:00:00.000000Z", "receivable:2026-10", "revenue", "300", "JPY"),
        ("2026-11-02T04:00:00.000000Z", "cash", "receivable:2026-10", "300", "JPY"),
    ]
    assert [row["cause"] for row in yen[1:]] == ["close:2026-10", "close:2026-10"]
    assert {row["amount"] for row in rows if row["account"] == "dinar"} == {"1.234"}


def test_csv_of_the_months_together_is_the_whole(store: Store) -> None:
    whole = exported(store, "csv")[0].splitlines()

    months = [
        exported(store, "csv", month_of(text, store))[0].splitlines() for text in ("2026-10", "2026-11")
    ]

    assert [line for month in months for line in month[1:]] == whole[1:]
    assert all(len(month) > 1 for month in months)


def test_an_empty_ledger_gives_a_header_and_a_valid_journal(database_url: str) -> None:
    store = Store(database_url)
    text, done = exported(store, "csv")
    assert text == "posted_at,entry,account,debit,credit,amount,currency,cause\n"
    assert done.entries == 0
    assert check(exported(store, "hledger")[0]) == {}
    store.close()
