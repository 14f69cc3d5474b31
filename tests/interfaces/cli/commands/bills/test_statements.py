"""Statements on the command line: as text, JSON, CSV and a page to print; for one account and for all."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.interfaces.cli.conftest import Cli

USD = {"currency": "USD"}
NS = "{http://www.w3.org/1999/xhtml}"
# Control characters do not get this far: an event with one in a name is refused.
EVIL = '<script>alert("1")</script> & co'
VALID = ("--from", "2026-10-01T00:00", "--until", "2027-01-01T00:00")


@pytest.fixture
def told(fees: Cli) -> Cli:
    """October of `beta`, 60.00 USD: 25.00 by a coupon, 5.00 by a card, 20.00 in cash; its bill is due on 5 November."""
    fees("terms", "agree", "beta", "--from", "2026-10", "--days", "3")
    fees("coupons", "grant", "beta", "welcome", "--amount", "25.00", *VALID)
    card = {"card": "gift", "valid_from": "2026-10-01T00:00:00Z", "valid_until": "2026-11-02T10:00:00Z"}
    money = ("--amount", "5", "--currency", "USD")
    fees("emit", "card_activated", "--account", "beta", *money, "--data", json.dumps(card), "--now")
    fees("clock", "set", "2026-11-02T12:00", "--run")
    fees("emit", "top_up", "--account", "beta", "--amount", "20.00", "--currency", "USD", "--now")
    fees("clock", "set", "2026-12-10T09:00", "--run")
    return fees


def amounts(rolled: dict[str, Any]) -> dict[str, str]:
    moved = {step["what"]: step["amount"]["amount"] for step in rolled["movements"]}
    return {"opening": rolled["opening"]["amount"], **moved, "closing": rolled["closing"]["amount"]}


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ----------------------------------------------------------------------------------------------- one account
def test_a_statement_for_programs_has_every_figure(told: Cli) -> None:
    october = told.json("statements", "show", "beta", "--cycle", "2026-10")
    assert (october["from"], october["until"], october["as_of"], october["provisional"]) == (
        "2026-09-30T16:00:00Z", "2026-10-31T16:00:00Z", "2026-12-10T01:00:00Z", [],
    )  # fmt: skip
    bill = october["bill"]
    assert (bill["payable"]["amount"], bill["outstanding"]["amount"], bill["due_on"]) == (
        "60.00",
        "10.00",
        "2026-11-05",
    )
    assert bill["fees"] == [{"product": "compute", "amount": {"amount": "60.00", **USD}}]
    assert {source: paid["amount"] for source, paid in bill["paid_by"].items()} == {
        "coupon": "25.00", "card": "5.00", "refund": "0.00", "cash": "20.00", "external": "0.00",
        "main_account": "0.00",
    }  # fmt: skip
    assert [(paid["source"], paid["name"], paid["paid_at"]) for paid in bill["payments"]] == [
        ("coupon", "welcome", "2026-11-02T04:00:00Z"), ("card", "gift", "2026-11-02T04:00:00Z"),
        ("cash", None, "2026-11-02T04:00:00Z"),
    ]  # fmt: skip
    assert amounts(october["balances"]["owed"]) == {"opening": "0.00", "closing": "0.00"}
    assert amounts(october["balances"]["coupons"]) == {
        "opening": "0.00",
        "granted": "25.00",
        "closing": "25.00",
    }
    assert {name: amount["amount"] for name, amount in october["credit"].items()} == {
        "available_credit": "100.00", "cash": "0.00", "credit_limit": "100.00", "frozen": "0.00",
        "outstanding": "10.00", "owed_for_reversals": "0.00", "headroom": "90.00",
    }  # fmt: skip
    november = told.json("statements", "show", "beta", "--cycle", "2026-11")
    assert november["bill"] is None
    assert amounts(november["balances"]["owed"]) == {
        "opening": "0.00", "issued": "60.00", "paid_by_coupons": "-25.00", "paid_by_cards": "-5.00",
        "paid_by_cash": "-20.00", "closing": "10.00",
    }  # fmt: skip
    assert amounts(november["balances"]["cash"]) == {
        "opening": "0.00", "topped_up": "20.00", "paid_bills": "-20.00", "closing": "0.00",
    }  # fmt: skip
    assert [(row["kind"], row["name"], *amounts(row).values()) for row in november["instruments"]] == [
        ("card", "gift", "5.00", "-5.00", "0.00"), ("coupon", "welcome", "25.00", "-25.00", "0.00"),
    ]  # fmt: skip
    assert [(row["cycle"], row["due_on"], row["closing"]["amount"]) for row in november["bills"]] == [
        ("2026-10", "2026-11-05", "10.00")
    ]


def test_a_statement_for_people_says_the_same(told: Cli) -> None:
    text = told("statements", "show", "beta", "--cycle", "2026-11").out
    assert text.startswith("Statement of beta for 2026-11\n")
    owed = text.partition("The month: owed on bills\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split() for line in owed[1:]] == [
        ["opening", "balance", "0.00"], ["issued", "60.00"], ["paid", "by", "coupons", "-25.00"],
        ["paid", "by", "cards", "-5.00"], ["paid", "by", "cash", "-20.00"], ["closing", "balance", "10.00"],
    ]  # fmt: skip
    assert "stored value card gift  2026-11-02T18:00:00+08:00" in text
    october = told("statements", "show", "beta", "--cycle", "2026-10").out
    assert "due          2026-11-05, overdue" in october
    assert re.search(r"coupon welcome +auto write off +25\.00", october)
    running = told("statements", "show", "beta", "--cycle", "2026-12").out
    assert "provisional  the month is not over" in running


def test_csv_has_a_line_for_every_figure_and_adds_up(told: Cli) -> None:
    found = lines(told("statements", "show", "beta", "--cycle", "2026-11", "--csv").out)
    assert {(line["account"], line["cycle"], line["currency"]) for line in found} == {
        ("beta", "2026-11", "USD")
    }
    for section in ("owed", "cash", "coupons", "cards"):
        own = [line for line in found if line["section"] == section]
        assert (own[0]["item"], own[-1]["item"]) == ("opening", "closing")
        assert sum(Decimal(line["amount"]) for line in own[:-1]) == Decimal(own[-1]["amount"])
    october = lines(told("statements", "show", "beta", "--cycle", "2026-10", "--csv").out)
    bill = {(line["item"], line["name"]): line["amount"] for line in october if line["section"] == "bill"}
    assert bill == {
        ("fees", "compute"): "60.00", ("payable", ""): "60.00", ("paid_by_coupon", "welcome"): "25.00",
        ("paid_by_card", "gift"): "5.00", ("paid_by_cash", ""): "20.00", ("outstanding", ""): "10.00",
    }  # fmt: skip


def test_a_page_is_well_formed_whole_and_says_what_the_text_says(told: Cli, tmp_path: Path) -> None:
    page = tmp_path / "beta.html"
    answer = told("statements", "show", "beta", "--cycle", "2026-11", "--output", str(page))
    assert (answer.out, "Statement of beta for 2026-11" in answer.err) == ("", True)
    html = page.read_text("utf-8")
    assert html == told("statements", "show", "beta", "--cycle", "2026-11", "--html").out
    tree = ET.fromstring(html)
    assert "@media print" in html
    # Nothing is loaded from elsewhere, and nothing could be.
    assert "default-src 'none'" in html
    assert not [name for element in tree.iter() for name in element.attrib if name in ("src", "href")]
    assert {element.tag.removeprefix(NS) for element in tree.iter()}.isdisjoint(
        {"script", "link", "img", "iframe"}
    )
    assert "url(" not in html
    assert "@import" not in html
    tables = {
        table.findtext(f"{NS}caption"): [
            [cell.text or "" for cell in row] for row in table.iter(f"{NS}tr")
        ][1:]
        for table in tree.iter(f"{NS}table")
    }  # fmt: skip
    assert tables["The month: cash"] == [
        ["opening balance", "0.00"], ["topped up", "20.00"], ["paid bills", "-20.00"], ["closing balance", "0.00"],
    ]  # fmt: skip
    text = told("statements", "show", "beta", "--cycle", "2026-11").out
    for rows in tables.values():
        for row in rows:
            assert all(cell in text for cell in row)


def test_names_from_outside_are_escaped(cli: Cli, tmp_path: Path) -> None:
    data = json.dumps({"currency": "USD", "name": EVIL, "opening_cash": "5.00"})
    cli("emit", "account_opened", "--account", "../<b>", "--data", data, "--now")
    fee = {"id": "1", "amount": "1", **USD, "product": EVIL, "incurred_at": "2026-10-19T00:00:00Z"}
    cli("emit", "fees", "--account", "../<b>", "--data", json.dumps({"fees": [fee]}), "--now")
    html = cli("statements", "show", "../<b>", "--cycle", "2026-10", "--html").out
    assert "<script>" not in html
    assert EVIL in [cell.text for cell in ET.fromstring(html).iter(f"{NS}td")]
    cli("statements", "export", "--cycle", "2026-10", "--output", str(tmp_path / "out"))
    pages = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [re.sub(r"-\d+\.2026", "-N.2026", name) for name in pages] == [
        "_2F_3Cb_3E-N.2026-10.html",
        "index.csv",
    ]
    (row,) = lines((tmp_path / "out" / "index.csv").read_text("utf-8"))
    assert (row["account"], row["file"]) == ("../<b>", pages[0])


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "nobody", "--cycle", "2026-10"), 3, "nobody"),
        (("show", "beta", "--cycle", "2026-09"), 3, "opened after 2026-09"),
        (("show", "beta", "--cycle", "2027-01"), 4, "2027-01 has not begun"),
        (("show", "beta"), 2, "--cycle"),
        (("show", "beta", "--cycle", "2026-10", "--json", "--csv"), 2, "one of"),
        (("show", "beta", "--cycle", "2026-10", "--output", "x.pdf"), 2, "x.pdf"),
        (("show", "beta", "--cycle", "2026-10", "--output", "none/x.csv"), 1, "none"),
        (("export", "--cycle", "2026-10"), 2, "--output DIR"),
        (("export", "--cycle", "2026-10", "--json", "--csv"), 2, "one of"),
        (("export", "--cycle", "2027-01", "--csv"), 4, "has not begun"),
    ],
)
def test_what_cannot_be_shown_is_said_with_its_reason(
    issued: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in issued("statements", *arguments, code=code).err


# ----------------------------------------------------------------------------------------------- all accounts
def test_all_statements_as_pages_with_an_index(told: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "2026-10"
    for _ in range(2):
        answer = told("statements", "export", "--cycle", "2026-10", "--output", str(folder))
        assert "2026-10: 3 statements" in answer.err
    rows = {row["account"]: row for row in lines((folder / "index.csv").read_text("utf-8"))}
    assert list(rows) == ["acme:eu", "beta", "gamma"]
    assert {name: rows["beta"][name] for name in ("currency", "payable", "paid", "outstanding", "due_on")} == {
        "currency": "USD", "payable": "60.00", "paid": "50.00", "outstanding": "10.00", "due_on": "2026-11-05",
    }  # fmt: skip
    assert (rows["gamma"]["cash_at_end"], rows["gamma"]["owed_at_end"]) == ("5000", "0")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["index.csv", *(row["file"] for row in rows.values())]
    )
    for account, row in rows.items():
        alone = told("statements", "show", account, "--cycle", "2026-10", "--html").out
        assert (folder / row["file"]).read_text("utf-8") == alone


def test_all_statements_as_lines_are_those_one_by_one(told: Cli, tmp_path: Path) -> None:
    names = ("acme:eu", "beta", "gamma")
    everything = told("statements", "export", "--cycle", "2026-10", "--csv")
    head, *rest = everything.out.splitlines()
    one_by_one = [
        told("statements", "show", name, "--cycle", "2026-10", "--csv").out.splitlines() for name in names
    ]
    assert [head] == list({shown[0] for shown in one_by_one})
    assert rest == [line for shown in one_by_one for line in shown[1:]]
    told("statements", "export", "--cycle", "2026-10", "--json", "--output", str(tmp_path / "all.jsonl"))
    written = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert written == [told.json("statements", "show", name, "--cycle", "2026-10") for name in names]


def test_what_does_not_add_up_is_withheld_and_the_rest_is_written(told: Cli) -> None:
    told.as_owner("UPDATE account SET cash_minor = cash_minor + 1 WHERE external_id = 'beta'")
    answer = told("statements", "export", "--cycle", "2026-10", "--csv", code=5)
    assert {line["account"] for line in lines(answer.out)} == {"acme:eu", "gamma"}
    assert "withheld: beta: cash was 0.01 before the account was opened" in answer.err
    assert "settle audit" in answer.err
    assert (
        "before the account was opened"
        in told("statements", "show", "beta", "--cycle", "2026-10", code=1).err
    )
