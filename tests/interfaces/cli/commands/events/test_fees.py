"""Import of billing exports on the command line: counts, exact totals, refused rows in a file, twice is once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import Cli

HEADER = "BillingAccountId,BilledCost,BillingCurrency,ChargePeriodStart,ServiceName\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "october.csv"
    file.write_text(
        HEADER
        + "beta,1.1234567890,USD,2026-10-01T00:00:00Z,compute\n"
        + "beta,2.5,USD,2026-10-02T00:00:00Z,storage\n"
        + "gamma,abc,JPY,2026-10-02T00:00:00Z,storage\n"
        + "newcomer,3,EUR,2026-10-02T00:00:00Z,storage\n"
        + "gamma,100,JPY,2026-10-02T00:00:00Z,storage\n"
    )
    return file


def test_rows_are_counted_summed_exactly_and_refused_ones_written_out(accounts: Cli, export: Path) -> None:
    answer = accounts.json("fees", "import", str(export), code=4)
    assert (answer["rows"], answer["accepted"], answer["duplicate"], answer["refused"]) == (5, 3, 0, 2)
    assert answer["totals"] == [
        {"amount": "100", "currency": "JPY"}, {"amount": "3.623456789", "currency": "USD"},
    ]  # fmt: skip
    assert answer["refused_file"] == str(Path.cwd() / "october.csv.refused.csv")
    with Path(answer["refused_file"]).open(encoding="utf-8") as written:
        rows = list(csv.DictReader(written))
    assert [row["line"] for row in rows] == ["4", "5"]
    assert "'newcomer' is not known" in rows[1]["reason"]
    assert accounts.json("bills", "show", "beta:2026-10")["accrued"]["amount"] == "3.623456789"


def test_the_same_file_twice_changes_nothing(accounts: Cli, export: Path) -> None:
    accounts("fees", "import", str(export), code=4)
    before = accounts.rows("SELECT * FROM fee ORDER BY 1, 2, 3")
    again = accounts.json("fees", "import", str(export), code=4)
    assert (again["accepted"], again["duplicate"], again["refused"]) == (0, 3, 2)
    assert accounts.rows("SELECT * FROM fee ORDER BY 1, 2, 3") == before


def test_unknown_accounts_are_created_when_asked(accounts: Cli, export: Path) -> None:
    answer = accounts.json("fees", "import", str(export), "--create-accounts", code=4)
    assert (answer["accepted"], answer["refused"], answer["accounts_created"]) == (4, 1, 1)
    assert accounts.json("accounts", "show", "newcomer")["currency"] == "EUR"


def test_several_files_add_up_and_are_all_looked_at_before_the_first_is_booked(
    accounts: Cli, export: Path, tmp_path: Path
) -> None:
    other, bad = tmp_path / "other.csv", tmp_path / "bad.csv"
    other.write_text(HEADER + "beta,1,USD,2026-10-05T00:00:00Z,compute\n")
    bad.write_text("a,b\n1,2\n")
    assert "bad.csv" in accounts("fees", "import", str(other), str(bad), code=4).err
    assert accounts.rows("SELECT count(*) FROM fee") == [(0,)]
    answer = accounts.json("fees", "import", str(export), str(other), code=4)
    assert ([file["accepted"] for file in answer["files"]], answer["accepted"]) == ([3, 1], 4)
    assert answer["totals"][1] == {"amount": "4.623456789", "currency": "USD"}


def test_columns_are_chosen_by_option(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "Payer,Price,BillingCurrency,ChargePeriodStart,Key,What\nbeta,2,USD,2026-10-01T00:00:00Z,k1,disk\n"
    )
    options = (
        "--account-column",
        "Payer",
        "--cost-column",
        "Price",
        "--id-column",
        "Key",
        "--product-column",
        "What",
    )
    assert accounts.json("fees", "import", str(file), *options)["accepted"] == 1
    assert accounts.json("bills", "show", "beta:2026-10")["lines"][0]["product"] == "disk"
    assert "no column Payr" in accounts("fees", "import", str(file), "--account-column", "Payr", code=4).err


PICTURE = "BillingAccountId,BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ServiceName,ProviderName\n"
LINE = "beta,{},USD,2026-10-01T00:00:00Z,2026-10-{:02}T00:00:00Z,compute,AWS\n"


def test_a_snapshot_books_what_is_new_and_takes_back_what_is_gone(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "october.csv"
    file.write_text(PICTURE + LINE.format(5, 1) + LINE.format("2.50", 2))
    accounts.json("fees", "import", str(file), "--snapshot")
    file.write_text(PICTURE + LINE.format(5, 1) + LINE.format("3.50", 2))
    shown = accounts.json("fees", "import", str(file), "--snapshot", "--dry-run")
    assert (shown["dry_run"], shown["accepted"], shown["taken_back"]) == (True, 1, 1)
    assert accounts.json("bills", "show", "beta:2026-10")["accrued"]["amount"] == "7.50"
    assert (
        "dry run: nothing was booked" in accounts("fees", "import", str(file), "--snapshot", "--dry-run").err
    )
    done = accounts.json("fees", "import", str(file), "--snapshot")
    assert done == {**shown, "dry_run": False}
    assert done["provider"] == "AWS"
    assert done["totals"] == [{"amount": "3.50", "currency": "USD"}]
    assert done["taken_back_totals"] == [{"amount": "2.50", "currency": "USD"}]
    assert accounts.json("bills", "show", "beta:2026-10")["accrued"]["amount"] == "8.50"
    text = accounts("fees", "import", str(file), "--snapshot").out
    assert "AWS from 2026-10-01T00:00:00Z" in text
    assert "unchanged" in text


def test_a_snapshot_that_cannot_be_read_whole_books_nothing(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "october.csv"
    file.write_text(PICTURE + LINE.format(5, 1) + LINE.format('"2,50"', 2))
    answer = accounts("fees", "import", str(file), "--snapshot", code=4)
    assert "1 of 2 rows cannot be read, so nothing was booked" in answer.err
    assert accounts.rows("SELECT count(*) FROM fee") == [(0,)]
    assert accounts.json("fees", "import", str(file), "--snapshot", "--dry-run", code=4)["refused"] == 1


def test_a_dry_run_needs_a_snapshot(accounts: Cli, export: Path) -> None:
    assert "give both" in accounts("fees", "import", str(export), "--dry-run", code=4).err


def test_decimal_commas_are_read_where_they_are_said_to_be(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "german.csv"
    file.write_text((PICTURE + LINE.format("X", 1)).replace(",", ";").replace("X", "1.234,50"))
    assert accounts.json("fees", "import", str(file), "--decimal-comma")["totals"] == [
        {"amount": "1234.50", "currency": "USD"}
    ]
    refused = accounts.json("fees", "import", str(file), code=4)["refused_rows"]
    assert "for decimal commas there is --decimal-comma" in refused[0]["reason"]
