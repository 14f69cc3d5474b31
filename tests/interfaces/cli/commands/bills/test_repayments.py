"""Records of repayments: three groups with details, filters, the month since which they are kept, CSV. Rule: R10."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from interfaces.csv_lines import write_csv
from interfaces.fields.field import csv_header
from interfaces.fields.repayments import FUNDS, funds
from settlement.model.policies.policy import Policy
from settlement.operations.reports.repayments import export_repayments
from settlement.storage.store import Store
from tests.interfaces.cli.conftest import Cli

BETA = "beta:2026-10"


def from_everything(cli: Cli) -> Cli:
    """The 60.00 of `beta` are paid by a coupon, a card, a refund, cash and a payment method, in this order."""
    emit = ("emit", "--account", "beta", "--currency", "USD", "--now")
    good = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    cli(emit[0], "coupon_granted", *emit[1:], "--amount", "5", "--event-id", "e1",
        "--data", json.dumps({"coupon": "hello", "kind": "amount_off", **good}))  # fmt: skip
    cli(emit[0], "card_activated", *emit[1:], "--amount", "7", "--data", json.dumps({"card": "gift", **good}))
    cli(emit[0], "refund", *emit[1:], "--amount", "11", "--data", '{"cycle": "2026-10"}')
    cli("clock", "set", "2026-11-02T12:00")
    cli("tick")
    cli(emit[0], "top_up", *emit[1:], "--amount", "13", "--event-id", "e2")
    cli("methods", "add", "beta", "visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_ok")
    cli("pay", BETA, "--channel", "visa", "--yes", "--idempotency-key", "p1")
    cli("charges", "run")
    return cli


def test_a_bill_paid_from_everything_is_told_in_three_groups_with_every_detail(
    fees: Cli, environment: Any
) -> None:
    rows = from_everything(fees).json("repayments", "list", "--bill", BETA)["repayments"]
    charge = fees.json("charges", "list")["charges"][0]["charge"]
    told = {
        row["cause"].partition(":")[0]: (
            row["initiator"],
            row["reference"],
            [tuple(line[key] for key in ("group", "source", "name", "charge")) for line in row["lines"]],
            [line["amount"]["amount"] for line in row["lines"]],
        )
        for row in rows
    }
    assert told == {
        "coupon": ("auto_write_off", None, [("coupon_deduction", "coupon", "hello", None)], ["5.00"]),
        "close": (
            "auto_write_off",
            None,
            [("stored_value_card", "card", "gift", None), ("cash", "refund", "2026-10", None)],
            ["7.00", "11.00"],
        ),
        "event": ("auto_write_off", "cli/e2", [("cash", "cash", None, None)], ["13.00"]),
        "charge": ("manual", "p1", [("cash", "external", "visa", charge)], ["24.00"]),
    }
    sums: Counter[str] = Counter()
    for row in rows:
        sums.update({group: Decimal(amount["amount"]) for group, amount in row["groups"].items()})
    assert sums == {"coupon_deduction": 5, "stored_value_card": 7, "cash": 48}
    shown = fees("repayments", "show", f"{BETA}@coupon:202610").out
    assert "hello" in shown
    table = list(csv.DictReader(io.StringIO(fees("repayments", "export", "--csv", "--account", "beta").out)))
    assert sorted((row["group"], row["source"], row["name"], row["amount"]) for row in table) == [
        ("cash", "cash", "", "13.00"), ("cash", "external", "visa", "24.00"), ("cash", "refund", "2026-10", "11.00"),
        ("coupon_deduction", "coupon", "hello", "5.00"), ("stored_value_card", "card", "gift", "7.00"),
    ]  # fmt: skip
    assert {row["currency"] for row in table} == {"USD"}
    fees.as_owner("""
        INSERT INTO settings_version (holds_from, changes, set_at, set_by)
        VALUES ('2026-10-02', '{"repayment.records_since": "2026-11"}', '2026-10-01', 'test')""")
    empty = fees("repayments", "list", "--bill", BETA, "--json")
    assert json.loads(empty.out) == {"repayments": [], "next": None, "archived": None}
    assert "2026-11 and later" in empty.err
    assert fees("repayments", "export").out == ",".join(csv_header(FUNDS)) + "\n"
    fees.as_owner("""
        INSERT INTO settings_version (holds_from, changes, set_at, set_by)
        VALUES ('2026-10-03', '{"repayment.records_since": "2026-10"}', '2026-10-01', 'test')""")
    assert len(
        fees.json("repayments", "list", "--cycle", "2026-10", "--account", "beta")["repayments"]
    ) == len(rows)
    assert fees.json("audit")["violations"] == 0


def test_records_of_earlier_bills_are_presented_nowhere_and_every_door_says_so(issued: Cli) -> None:
    issued.as_owner("""
        INSERT INTO settings_version (holds_from, changes, set_at, set_by)
        VALUES ('2026-10-02', '{"repayment.records_since": "2026-11"}', '2026-10-01', 'test')""")
    bill, said = "acme:eu:2026-10", "repayment records are presented for bills of 2026-11 and later ones"
    assert said in issued("repayments", "show", f"{bill}@close:2026-10", code=3).err
    assert issued.json("bills", "show", bill)["repayments"] == []
    assert issued.json("explain", bill)["bills"][0]["payments"] == []
    statement = ("statements", "show", "acme:eu", "--cycle", "2026-10")
    told = issued.json(*statement)["bill"]
    assert (told["payments"], told["paid_by"]["cash"]["amount"]) == ([], "30.12")
    assert "paid_by_cash,,30.12" in issued(*statement, "--csv").out
    for command in (("bills", "show", bill), ("explain", bill), statement):
        answer = issued(*command)
        assert said in answer.err
        assert "30.12" in answer.out, "what is paid in all stays"
        assert "auto_write_off" not in answer.out


def test_people_read_names_of_what_paid_and_why(fees: Cli) -> None:
    from_everything(fees)
    for command in (
        ("repayments", "list", "--bill", BETA),
        ("bills", "show", BETA),
        ("explain", BETA),
        ("repayments", "show", f"{BETA}@close:2026-10"),
    ):
        told = fees(*command).out
        assert "month close of 2026-10" in told
        assert not re.search(r"\b(charge|payment|coupon|close|event):\d", told.replace(BETA, ""))
    statement = fees("statements", "show", "beta", "--cycle", "2026-10").out
    assert "visa" in statement
    payments = fees.json("explain", BETA)["bills"][0]["payments"]
    assert {payment["reference"] for payment in payments} == {None, "cli/e2", "p1"}


def test_records_are_exported_with_flat_memory(accounts: Cli) -> None:
    accounts.as_owner(
        """INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
           SELECT 1, 202610, 'close:' || n, 'auto_write_off', 1, 'USD', now() FROM generate_series(1, 10000) AS n"""
    )
    accounts.as_owner(
        """INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, amount_minor)
           SELECT 1, 202610, 'close:' || n, 1, 'cash', 1 FROM generate_series(1, 10000) AS n"""
    )
    store = Store(accounts.database_url)
    sizes: list[int] = []
    tracemalloc.start()
    try:
        lines = export_repayments(
            store, lambda rows: write_csv(lambda piece: sizes.append(len(piece)), FUNDS, funds(rows)),
            policy=Policy(),
        )  # fmt: skip
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        store.close()
    assert (lines, len(sizes)) == (10_000, 11)
    assert max(sizes) < 200_000
    assert peak < 8_000_000


@pytest.mark.usefixtures("unchanged")
def test_filters_hold_together(issued: Cli) -> None:
    def found(*filters: str) -> list[str]:
        return [row["bill"] for row in issued.json("repayments", "list", *filters)["repayments"]]

    assert found("--account", "acme:eu", "--cycle", "2026-10") == ["acme:eu:2026-10"]
    assert found("--account", "acme:eu", "--cycle", "2026-11") == []
    assert found("--account", "acme:eu", "--bill", "acme:eu:2026-10") == ["acme:eu:2026-10"]
    for command in ("list", "export"):
        refused = issued("repayments", command, "--account", "beta", "--bill", "acme:eu:2026-10", code=2)
        assert "of the bill acme:eu:2026-10 and of another account" in refused.err


def test_what_is_not_there_is_said(issued: Cli) -> None:
    assert (
        "has no repayment by close:2026-09"
        in issued("repayments", "show", f"{BETA}@close:2026-09", code=3).err
    )
    assert "nobody" in issued("repayments", "list", "--account", "nobody", code=3).err
    assert "nobody" in issued("repayments", "export", "--account", "nobody", code=3).err
    assert len(issued("repayments", "export", "--bill", "acme:eu:2026-10").out.splitlines()) == 2
    assert issued("repayments", "list", "--cycle", "2022-12").err.startswith(
        "repayment records are presented for bills of 2023-01"
    )
