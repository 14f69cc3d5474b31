"""Accounts on the command line: imported once, listed page by page, shown."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import Cli


def test_an_import_opens_accounts_and_a_second_one_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(
        "account,currency,name,opening_cash\nacme:eu,USD,Acme Ümlaut,100.00\nbeta,EUR,,\n", encoding="utf-8"
    )
    first = cli.json("accounts", "import", str(file))
    assert (first["rows"], first["opened"], first["duplicate"], first["refused"]) == (2, 2, 0, 0)
    assert first["refused_file"] is None
    before = (
        cli.rows("SELECT * FROM account ORDER BY id"),
        cli.rows("SELECT * FROM ledger_transfer ORDER BY id"),
    )
    second = cli.json("accounts", "import", str(file))
    assert (second["rows"], second["opened"], second["duplicate"], second["refused"]) == (2, 0, 2, 0)
    assert before == (
        cli.rows("SELECT * FROM account ORDER BY id"), cli.rows("SELECT * FROM ledger_transfer ORDER BY id"),
    )  # fmt: skip
    assert cli.json("accounts", "show", "acme:eu")["name"] == "Acme Ümlaut"


def test_refused_rows_are_told_with_line_and_reason_and_the_others_are_imported(
    accounts: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "more.csv"
    file.write_bytes(
        b"account,currency,opening_cash,credit_control\n"
        b"good,USD,1.00,true\n"
        b"flag,USD,,maybe\n"
        b"places,JPY,1.5,\n"
        b"short,USD\n"
        b"\xff,USD,,\n"
        b"beta,USD,7.00,\n"
        b",USD,,\n"
        b"good2,USD,,\n"
    )
    answer = accounts.json("accounts", "import", str(file), "--refused", "out.csv", code=4)
    assert (answer["rows"], answer["opened"], answer["refused"]) == (8, 2, 6)
    reasons = {row["line"]: row["reason"] for row in answer["refused_rows"]}
    assert set(reasons) == {3, 4, 5, 6, 7, 8}
    assert "maybe" in reasons[3]
    assert "1.5 JPY" in reasons[4]
    assert "2 fields" in reasons[5]
    assert "UTF-8" in reasons[6]
    assert "beta is open already" in reasons[7]
    with Path("out.csv").open(encoding="utf-8") as written:
        assert [int(row["line"]) for row in csv.DictReader(written)] == [3, 4, 5, 6, 8, 7]


def test_an_account_imported_with_other_values_is_refused_and_stays_as_it_is(
    cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("account,currency,opening_cash\na,USD,1.00\n")
    cli("accounts", "import", str(file))
    file.write_text("account,currency,opening_cash\na,USD,2.00\n")
    for _ in range(2):
        answer = cli.json("accounts", "import", str(file), code=4)
        assert "imported with other values" in answer["refused_rows"][0]["reason"]
    assert cli.json("accounts", "show", "a")["cash"]["amount"] == "1.00"


def test_a_row_put_right_is_imported(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("account,currency\na,USX\n")
    cli("accounts", "import", str(file), code=4)
    file.write_text("account,currency\na,USD\n")
    assert cli.json("accounts", "import", str(file))["opened"] == 1


LIST = "account,currency,name\nacme,USD,Ä\nbeta,EUR,\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"\ufeff\ufeff{LIST}".encode(), id="two byte order marks"),
        pytest.param(LIST.replace("acme", "\ufeffacme").encode(), id="a mark before an account"),
        pytest.param(LIST.encode("utf-16"), id="UTF-16"),
        pytest.param(LIST.replace(",", ";").encode(), id="semicolons"),
        pytest.param(gzip.compress(LIST.encode()), id="gzip"),
    ],
)
def test_accounts_are_read_from_whatever_fees_are_read_from(cli: Cli, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "accounts"
    file.write_bytes(content)
    assert cli.json("accounts", "import", str(file))["opened"] == 2
    assert cli.rows("SELECT external_id, name FROM account ORDER BY 1") == [("acme", "Ä"), ("beta", "")]


def test_cells_mean_what_they_mean_in_an_export_of_fees(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text(
        "account,currency,name,opening_cash,credit_limit,credit_control\n"
        "good,usd,NULL,1e3,null,N/A\n"
        "1.23457E+17,USD,,,,\n"
        "NULL,USD,,,,\n"
        "nowhere,NULL,,,,\n"
        'comma,USD,,"1000,50",,\n'
    )
    answer = cli.json("accounts", "import", str(file), code=4)
    reasons = {row["line"]: row["reason"] for row in answer["refused_rows"]}
    assert set(reasons) == {3, 4, 5, 6}
    assert "is a number that was rounded; export the column as text" in reasons[3]
    assert "account is missing" in reasons[4]
    assert "currency is missing" in reasons[5]
    assert "--decimal-comma" in reasons[6]
    file.write_text("account;currency;opening_cash\ncomma;EUR;1.000,50\npoint;EUR;1000.50\n")
    answer = cli.json("accounts", "import", str(file), "--decimal-comma", code=4)
    assert ["a point" in row["reason"] for row in answer["refused_rows"]] == [True]
    assert cli.rows("SELECT external_id, currency, name, cash_minor FROM account ORDER BY id") == [
        ("good", "USD", "", 100_000), ("comma", "EUR", "", 100_050),
    ]  # fmt: skip


def test_accounts_of_a_parquet_file_have_no_point(cli: Cli, tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"account": pa.array([210987654321.0]), "currency": ["USD"], "credit_control": [True]})
    pq.write_table(table, tmp_path / "accounts")
    assert cli.json("accounts", "import", str(tmp_path / "accounts"))["opened"] == 1
    assert cli.rows("SELECT external_id, credit_control FROM account") == [("210987654321", True)]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "is empty"),
        ("account,name", "no column currency"),
        ("account,currency,colour", "'colour' is not known"),
        ("account,currency,name,name", "name appears more than once"),
    ],
)
def test_a_header_that_will_not_do_is_refused_by_name_and_nothing_is_imported(
    cli: Cli, tmp_path: Path, header: str, said: str
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(f"{header}\na,USD,x,y\n" if header else "")
    assert said in cli("accounts", "import", str(file), code=4).err
    assert cli.rows("SELECT count(*) FROM inbox") == [(0,)]


@pytest.mark.usefixtures("unchanged")
def test_an_account_is_shown_with_its_credit(fees: Cli) -> None:
    shown = fees.json("accounts", "show", "beta")
    assert shown["available_credit"] == {"amount": "40.00", "currency": "USD"}
    assert shown["frozen"] == {"amount": "60.00", "currency": "USD"}
    assert (shown["credit_control"], shown["auto_write_off"], shown["parked_at"]) == (True, True, None)
    assert fees.json("accounts", "show", "gamma")["cash"] == {"amount": "5000", "currency": "JPY"}
    text = fees("accounts", "show", "beta").out
    assert "available credit        40.00 USD" in text


def test_holds_cards_and_refunds_are_shown(accounts: Cli) -> None:
    valid = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-10-01T00:00:00Z"}
    card = json.dumps({"card": "c1", "products": ["x"], **valid})
    accounts(
        "emit",
        "card_activated",
        "--account",
        "beta",
        "--amount",
        "7",
        "--currency",
        "USD",
        "--data",
        card,
        "--now",
    )
    accounts("emit", "refund", "--account", "beta", "--amount", "8.50", "--currency", "USD", "--now")
    accounts(
        "emit", "account_changed", "--account", "beta", "--data", '{"hold": {"reason": "dispute"}}', "--now"
    )
    shown = accounts.json("accounts", "show", "beta")
    assert [hold["reason"] for hold in shown["holds"]] == ["dispute"]
    assert [(card["card"], card["balance"]["amount"], card["products"]) for card in shown["cards"]] == [
        ("c1", "7.00", ["x"])
    ]
    assert [(refund["cycle"], refund["remaining"]["amount"]) for refund in shown["refunds"]] == [
        ("2026-10", "8.50")
    ]
    text = accounts("accounts", "show", "beta").out
    assert "dispute" in text
    assert "8.50 USD" in text


@pytest.mark.usefixtures("unchanged")
def test_a_listing_goes_on_where_the_page_ended(accounts: Cli) -> None:
    first = accounts.json("accounts", "list", "--limit", "2")
    assert [account["account"] for account in first["accounts"]] == ["acme:eu", "beta"]
    assert first["next"] == "beta"
    rest = accounts.json("accounts", "list", "--limit", "2", "--after", "beta")
    assert [account["account"] for account in rest["accounts"]] == ["gamma"]
    assert rest["next"] is None
    assert "--after beta" in accounts("accounts", "list", "--limit", "2").err


def test_available_credit_is_shown_with_its_terms_headroom_and_the_line_it_is_watched_against(
    overdue: Cli,
) -> None:
    columns, *rows = overdue("accounts", "list").out.splitlines()
    assert columns.split("  ")[0] == "account"
    beta = next(row for row in rows if row.startswith("beta")).split()
    assert beta[2:9] == ["USD", "0.00", "100.00", "0.00", "100.00", "60.00", "40.00"]
    said = overdue("accounts", "watch", "beta", "--below", "100.01").out
    assert "watched against 100.01 USD; its available credit is 100.00 USD, below it: announced" in said
    account = overdue.json("accounts", "show", "beta")
    assert (account["low_credit_line"], account["low_credit_since"]) == (
        {"amount": "100.01", "currency": "USD"}, "2026-11-08T01:00:00Z",
    )  # fmt: skip
    assert "100.01 USD, below it since 2026-11-08T09:00:00+08:00" in overdue("accounts", "show", "beta").out
    assert overdue.json("status", code=6)["work"]["credit"]["low_credit_accounts"] == 1
    ended = overdue.json("accounts", "watch", "beta", "--end")
    assert (ended["low_credit_line"], ended["low_credit_since"]) == (None, None)
    assert "is not watched" in overdue("accounts", "watch", "beta", "--end").out


def test_a_suspended_account_says_so_wherever_it_is_shown_until_all_is_paid(accounts: Cli) -> None:
    card = ("--kind", "bank_card", "--gateway", "sandbox", "--token", "declined_1")
    accounts("methods", "add", "acme:eu", "visa", *card)
    fee = {"id": "f", "amount": "1500", "currency": "USD", "product": "ecs"}
    fee["incurred_at"] = "2026-10-20T00:00:00Z"
    accounts("emit", "fees", "--account", "acme:eu", "--data", json.dumps({"fees": [fee]}), "--now")
    accounts("charges", "run")

    def state() -> str:
        [row] = [
            line for line in accounts("accounts", "list").out.splitlines() if line.startswith("acme:eu ")
        ]
        return row.rpartition("  ")[2]

    assert state() == "open"
    assert accounts.json("accounts", "show", "acme:eu")["suspended_at"] is None
    assert "unless all is paid by then" in accounts("explain", "acme:eu").out
    accounts("clock", "set", "2026-11-04T08:00", "--run")  # 15 days later
    accounts("charges", "run")  # the try that is owed comes first
    accounts("tick")
    since = "2026-11-04T08:00:00+08:00"
    assert state() == "suspended"
    for command in (("accounts", "show", "acme:eu"), ("explain", "acme:eu")):
        assert f"since {since}, until all is paid" in accounts(*command).out
    assert accounts.json("accounts", "list")["accounts"][0]["suspended_at"] == "2026-11-04T00:00:00Z"
    assert accounts.json("explain", "acme:eu")["account"]["suspended_at"] == "2026-11-04T00:00:00Z"
    assert accounts.json("status", code=6)["work"]["collecting"]["suspended"] == 1
    accounts("emit", "top_up", "--account", "acme:eu", "--amount", "5000", "--currency", "USD", "--now")
    assert state() == "open"
    assert accounts.json("status", code=6)["work"]["collecting"]["suspended"] == 0
