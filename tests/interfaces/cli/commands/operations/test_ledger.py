"""`settle ledger export`: to a file or a pipe, a month or all of it."""

from __future__ import annotations

import pytest


@pytest.fixture
def books(cli):
    """Two accounts, opened with cash on 20 October, the second in November."""
    for name, day in (("a", "2026-10-20T00:00:00Z"), ("b", "2026-11-10T00:00:00Z")):
        cli("clock", "set", day)
        data = '{"currency": "USD", "opening_cash": "10.00"}'
        cli("emit", "account_opened", "--account", name, "--data", data)
        cli("tick")


HEADER = "posted_at,entry,account,debit,credit,amount,currency,cause"


def test_csv_is_printed_unless_a_file_is_named(cli, books):
    lines = cli("ledger", "export").out.splitlines()

    assert lines[0] == HEADER
    assert [line.split(",")[2:7] for line in lines[1:]] == [
        ["a", "opening", "cash", "10.00", "USD"],
        ["b", "opening", "cash", "10.00", "USD"],
    ]


@pytest.mark.parametrize(
    ("bounds", "named"),
    [
        (["--cycle", "2026-10"], ["a"]),
        (["--cycle", "2026-12"], []),
        (["--from", "2026-11-01"], ["b"]),
        (["--to", "2026-11-10T08:00"], ["a"]),
        (["--to", "2026-11-10T00:00:01Z"], ["a", "b"]),
        (["--from", "2026-10-01", "--to", "2026-11-01"], ["a"]),
    ],
)
def test_a_period_is_a_month_or_lies_between_two_instants(cli, books, bounds, named):
    lines = cli("ledger", "export", *bounds).out.splitlines()

    assert [line.split(",")[2] for line in lines[1:]] == named


def test_a_name_that_a_spreadsheet_would_run_is_text(cli):
    names = ("=1+1", "@x", "-5", "-5+x", "plain")
    for name in names:
        data = '{"currency": "USD", "opening_cash": "10.00"}'
        cli("emit", "account_opened", "--account", name, "--data", data, "--now")
    lines = cli("ledger", "export").out.splitlines()
    assert [line.split(",")[2] for line in lines[1:]] == ["'=1+1", "'@x", "-5", "'-5+x", "plain"]


def test_a_journal_into_a_file(cli, books, tmp_path):
    answer = cli("ledger", "export", "--format", "hledger", "--output", str(tmp_path / "x.journal"))

    written = (tmp_path / "x.journal").read_text()
    assert answer.out == ""
    assert "2 entries, 2 balances asserted" in answer.err
    assert "    liabilities:cash:a  0.00 USD == -10.00 USD\n" in written
    assert [path.name for path in tmp_path.glob("x.*")] == ["x.journal"]


def test_a_file_is_replaced_whole_or_not_at_all(cli, books, tmp_path, monkeypatch):
    target = tmp_path / "x.csv"
    target.write_text("before")

    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("settlement.operations.reports.ledger.export_ledger", fails)
    cli("ledger", "export", "--output", str(target), code=1)

    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.glob("x.*")] == ["x.csv"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cycle", "2026-13"],
        ["--cycle", "2026-10", "--from", "2026-10-01"],
        ["--from", "2026-11-01", "--to", "2026-10-01"],
        ["--from", "yesterday"],
        ["--format", "xml"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(cli, arguments):
    cli("ledger", "export", *arguments, code=2)


def test_a_folder_that_does_not_exist_is_named(cli, books, tmp_path):
    answer = cli("ledger", "export", "--output", str(tmp_path / "none" / "x.csv"), code=1)

    assert "none" in answer.err
