"""Unified settlements on the command line: listed, verified, exported, edited, run, waited for, closed. Rule: R9.3."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import Cli

MAIN = "acme:eu"
U1 = (MAIN, "u1")


@pytest.fixture
def members(fees: Cli) -> Cli:
    """`acme:eu` has 69.88; its members `beta`, `m2` and `m3` owe 60.00, 20.00 and 30.00 for October."""
    events = []
    for name, amount in (("m2", "20"), ("m3", "30")):
        fee = {"id": "1", "product": "compute", "incurred_at": "2026-10-03T00:00:00Z", "amount": amount}
        opened = {"currency": "USD"}
        events += [("account_opened", name, opened), ("fees", name, {"fees": [fee | {"currency": "USD"}]})]
    for name in ("beta", "m2", "m3"):
        events.append(("relationship_requested", MAIN, {"member": name}))
        events.append(("relationship_accepted", name, {"main": MAIN}))
    lines = [
        json.dumps({"source": "t", "event_id": str(at), "type": kind, "account": account, "data": data})
        for at, (kind, account, data) in enumerate(events)
    ]
    Path("events.jsonl").write_text("\n".join(lines))
    fees("emit", "events.jsonl", "--now")
    fees("clock", "set", "2026-11-02T12:00")
    fees("tick")
    return fees


def paid(cli: Cli) -> list[tuple[str, int]]:
    return cli.rows(
        "SELECT external_id, paid_minor FROM bill JOIN account a ON a.id = account_id "
        "WHERE external_id IN ('beta', 'm2', 'm3') ORDER BY 1"
    )


def test_it_is_verified_exported_edited_run_and_completes_when_money_arrives(members: Cli) -> None:
    Path("accounts.txt").write_text("m3\nbeta\n\n")
    made = members.json(
        "unified", "create", *U1, "--account", "m2", "--accounts", "accounts.txt", "--cycle", "2026-10",
        "--cycle", "2026-09", "--idempotency-key", "c1",
    )  # fmt: skip
    assert (made["state"], made["bills"], made["accounts"]) == ("draft", 3, 3)
    verified = members.json("unified", "verify", *U1)
    assert [(line["bill"], line["outstanding"]["amount"]) for line in verified["lines"]] == [
        ("m2:2026-10", "20.00"), ("m3:2026-10", "30.00"), ("beta:2026-10", "60.00"),
    ]  # fmt: skip
    assert [verified[name]["amount"] for name in ("outstanding", "main_can_pay", "main_lacks")] == [
        "110.00", "69.88", "40.12",
    ]  # fmt: skip
    edit = ("unified", "edit", *U1, "--bill", "beta:2026-10", "--bill", "m2:2026-10")
    assert members.json(*edit)["bills"] == 2, "m3 has no money that would be paid with, so nobody is asked"
    exported = list(csv.reader(io.StringIO(members("unified", "export", *U1).out)))
    assert exported == [
        ["line", "account", "cycle", "listed", "outstanding", "paid", "currency", "state", "note"],
        ["1", "beta", "2026-10", "60.00", "60.00", "0.00", "USD", "open", ""],
        ["2", "m2", "2026-10", "20.00", "20.00", "0.00", "USD", "open", ""],
        ["2", "m3", "2026-10", "30.00", "30.00", "0.00", "USD", "dropped", "taken off the list"],
    ]
    run = ("unified", "run", *U1)
    assert (
        "acme:eu will pay 80.00 USD of 2 bills; at once 69.88 USD of 2 bills; it lacks 10.12 USD"
        in members(*run, code=2).err
    )
    assert paid(members) == [("beta", 0), ("m2", 0), ("m3", 0)]
    waits = members.json(*run, "--yes", "--idempotency-key", "r1")
    assert (waits["state"], waits["settled"], waits["paid"]["amount"]) == ("running", 1, "69.88")
    assert members.json(*run, "--idempotency-key", "r1") == waits, "repeated with its key it does nothing"
    assert "unified settlement u1 holds the account" in members("explain", "m2").out
    [hold] = members.json("accounts", "show", "m2")["holds"]
    assert (hold["reason"], hold["name"]) == ("unified_settlement", "u1")
    shown = members("unified", "show", *U1).out
    assert "1 of 2 bills settled" in shown
    assert "10.12" in shown
    assert "1 of 2 bills settled" in members("unified", "list", "--main", MAIN).out
    assert members.json("status", code=6)["work"]["people"]["settlements_waiting"] == 1
    members("emit", "top_up", "--account", MAIN, "--amount", "10.12", "--currency", "USD", "--now")
    ended = members.json("unified", "show", *U1)
    assert (ended["state"], ended["settled"], ended["outstanding"]["amount"]) == ("completed", 2, "0.00")
    assert paid(members) == [("beta", 6000), ("m2", 2000), ("m3", 0)]
    record = members.json("repayments", "list", "--bill", "m2:2026-10")["repayments"][0]
    assert (record["initiator"], record["reference"]) == ("unified_settlement", "acme:eu/u1")
    assert [(line["group"], line["source"], line["name"]) for line in record["lines"]] == [
        ("cash", "main_account", MAIN)
    ]  # fmt: skip
    statement = ("statements", "show", "m2", "--cycle", "2026-11")
    assert "paid by main account" in members(*statement).out
    month = members.json("statements", "show", "m2", "--cycle", "2026-10")["bill"]
    assert month["paid_by"]["main_account"]["amount"] == "20.00"
    assert [(row["source"], row["name"]) for row in month["payments"]] == [("main_account", MAIN)] * 2
    assert f"main account {MAIN}" in members("statements", "show", "m2", "--cycle", "2026-10").out
    explained = members("explain", "m2:2026-10").out
    assert f"main account {MAIN}" in explained
    assert "unified_settlement_created cli/c1" in explained
    of_the_bill = ("statements", "show", "m2", "--cycle", "2026-10")
    lines = list(csv.DictReader(io.StringIO(members(*of_the_bill, "--csv").out)))
    paid_by_main = [row["amount"] for row in lines if MAIN in row["name"]]
    assert paid_by_main == ["9.88", "10.12"]
    assert f"main account {MAIN}" in members(*of_the_bill, "--html").out
    assert "paid by main account" in members(*statement, "--html").out
    assert members.json("unified", "delete", *U1)["deleted_at"] is not None
    assert members.json("unified", "list") == {"settlements": [], "next": None}
    assert [row["settlement"] for row in members.json("unified", "list", "--all")["settlements"]] == ["u1"]
    assert members.json("audit")["violations"] == 0


def test_closing_says_what_automatic_write_off_pays_and_asks(members: Cli) -> None:
    members("unified", "create", *U1, "--account", "m2", "--account", "m3", "--cycle", "2026-10")
    members("emit", "top_up", "--account", "m3", "--amount", "12.00", "--currency", "USD", "--now")
    asked = "automatic write-off then pays 12.00 USD of 1 bill at once"
    assert asked in members("unified", "edit", *U1, "--bill", "m2:2026-10", code=2).err
    assert asked in members("unified", "stop", *U1, code=2).err
    assert asked in members("relationships", "end", MAIN, "m3", code=2).err
    assert paid(members) == [("beta", 0), ("m2", 0), ("m3", 0)]
    assert "in_other_settlement" in members(
        "unified", "create", MAIN, "u2", "--account", "m3", "--cycle", "2026-10", code=4
    ).err  # fmt: skip
    closed = members.json("unified", "close", *U1, "--yes", "--idempotency-key", "x1")
    assert (closed["state"], closed["bills"]) == ("closed", 2), "it keeps its list"
    assert members.json("unified", "close", *U1, "--idempotency-key", "x1") == closed
    assert "settlement_over" in members("unified", "close", *U1, "--yes", code=4).err
    assert paid(members) == [("beta", 0), ("m2", 0), ("m3", 1200)]
    assert members("unified", "export", *U1).out.count("the settlement was closed") == 2
    page = members.json("unified", "list", "--limit", "1")
    assert page["next"] is None


def with_card(cli: Cli, account: str) -> None:
    cli("methods", "add", account, "visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_ok")


def test_charges_that_follow_are_said_and_asked_about(members: Cli) -> None:
    members("unified", "create", *U1, "--account", "m2", "--account", "m3", "--cycle", "2026-10")
    with_card(members, "m2")
    one = "; 20.00 USD will be charged to visa of m2"
    assert (
        f"bills leave settlement u1{one}"
        in members("unified", "edit", *U1, "--bill", "m3:2026-10", code=2).err
    )
    assert f"m2 ends{one}" in members("relationships", "end", MAIN, "m2", code=2).err
    with_card(members, "m3")
    both = "50.00 USD will be charged: 20.00 USD to visa of m2, 30.00 USD to visa of m3"
    for act in ("close", "delete"):
        assert both in members("unified", act, *U1, code=2).err
    assert members.rows("SELECT 1 FROM charge_attempt") == [], "nobody has said yes"
    members("unified", "close", *U1, "--yes")
    assert members.rows("SELECT amount_minor FROM charge_attempt ORDER BY account_id") == [(2000,), (3000,)]


def test_a_page_says_what_comes_after_it_whatever_has_left_the_list(members: Cli) -> None:
    accounts = ("--account", "m2", "--account", "m3", "--account", "beta")
    members("unified", "create", *U1, *accounts, "--cycle", "2026-10")
    members("relationships", "end", MAIN, "m2", "--yes")
    page = ("unified", "show", *U1, "--limit", "1")
    assert "add --after 2" in members(*page).err
    first, last = members.json(*page), members.json(*page, "--after", "2")
    assert ([line["bill"] for line in first["lines"]], first["next"]) == (["m3:2026-10"], 2)
    assert ([line["bill"] for line in last["lines"]], last["next"]) == (["beta:2026-10"], None)
    assert members.json("unified", "verify", *U1)["next"] is None


@pytest.mark.usefixtures("unchanged")
def test_what_makes_no_sense_is_said(issued: Cli) -> None:
    create = ("create", *U1, "--cycle", "2026-10")
    for arguments, code, said in [
        ((*create,), 2, "name the accounts"),
        (("create", *U1, "--account", "beta"), 2, "--cycle"),
        ((*create, "--account", "beta"), 4, "no_relationship"),
        ((*create, "--account", "nobody"), 3, "nobody"),
        ((*create, "--accounts", "no-such-file"), 1, "no-such-file"),
        (("edit", *U1, "--bill", "beta:2026-10", "--account", "beta"), 2, "either"),
        (("edit", *U1, "--bill", "beta:2026-10"), 4, "unknown_settlement"),
        (("run", *U1), 3, "no unified settlement 'u1'"),
        (("verify", "nobody", "u1"), 3, "nobody"),
    ]:
        assert said in issued("unified", *arguments, code=code).err


@pytest.mark.usefixtures("unchanged")
def test_four_months_are_too_many(issued: Cli) -> None:
    months = [
        option for month in ("2026-07", "2026-08", "2026-09", "2026-10") for option in ("--cycle", month)
    ]
    assert "at most 3" in issued("unified", "create", *U1, "--account", "beta", *months, code=4).err
