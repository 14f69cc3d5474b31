"""Reads and exports of what can be booked at all: sums beyond 64 bits, the last day that there is."""

from __future__ import annotations

import json

from tests.interfaces.cli.conftest import Cli

MOST = 2**63 - 1


def test_sums_beyond_64_bits_break_no_read(issued: Cli) -> None:
    issued.as_owner(
        f"UPDATE bill SET payable_minor = {MOST}, paid_minor = 0, state = 'unsettled', settled_at = NULL, "
        "overdue_at = now(), due_on = '2026-11-12', due_rule = 'test'"
    )
    issued.as_owner(
        "INSERT INTO bill SELECT (jsonb_populate_record(b, '{\"cycle\": 202609}')).* FROM bill b WHERE cycle = 202610"
    )
    for command in (
        ("accounts", "list"),
        ("accounts", "show", "beta"),
        ("explain", "beta"),
        ("overdue", "list"),
        ("bills", "list"),
        ("overdue", "list"),
    ):
        issued(*command)
        issued.json(*command)
    shown = issued.json("accounts", "show", "beta")["outstanding"]["amount"]
    assert shown == f"{2 * MOST // 100}.{2 * MOST % 100:02d}"


def test_movements_beyond_64_bits_break_no_statement(issued: Cli) -> None:
    for way in ("'bank_clearing', 0, 'cash', 0", "'cash', 0, 'bank_clearing', 0") * 2:
        issued.as_owner(
            f"""INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency,
                                             cause, posted_at)
                SELECT id, {way}, {MOST}, 'USD', 'test', '2026-11-02 05:00Z' FROM account WHERE external_id = 'beta'"""
        )
    for cycle in ("2026-10", "2026-11"):
        found = issued.json("statements", "show", "beta", "--cycle", cycle)
    came_in = f"{2 * MOST // 100}.{2 * MOST % 100:02d}"
    assert came_in in json.dumps(found)


def test_settlements_that_ask_for_more_than_64_bits_break_no_event(issued: Cli) -> None:
    issued.as_owner(
        f"UPDATE bill SET payable_minor = {MOST}, paid_minor = 0, state = 'unsettled', settled_at = NULL "
        "FROM account a WHERE a.id = bill.account_id AND a.external_id = 'beta'"
    )
    issued.as_owner(
        "INSERT INTO bill SELECT (jsonb_populate_record(b, jsonb_build_object('cycle', other))).* FROM bill b "
        "JOIN account a ON a.id = b.account_id, (VALUES (202608), (202609)) AS o (other) "
        "WHERE cycle = 202610 AND a.external_id = 'beta'"
    )
    both = ("--account", "beta", "--cycle", "2026-09", "--cycle", "2026-10")
    issued("unified", "create", "beta", "autumn", *both)
    issued("unified", "run", "beta", "autumn", "--yes")
    issued("unified", "create", "beta", "later", "--account", "beta", "--cycle", "2026-08")
    issued("unified", "run", "beta", "later", "--yes")
    for command in (("unified", "list"), ("unified", "show", "beta", "autumn"), ("explain", "beta")):
        issued.json(*command)
    assert issued.rows("SELECT reason FROM inbox WHERE state <> 'done'") == []


def test_what_is_valid_until_the_last_day_breaks_no_read(issued: Cli) -> None:
    for kind, named in (
        ("card_activated", {"card": "far"}),
        ("coupon_granted", {"coupon": "far", "kind": "amount_off"}),
    ):
        valid = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "9999-12-31T23:59:59Z"}
        data = named | {"amount": "1.00", "currency": "USD"} | valid
        issued("emit", kind, "--account", "beta", "--data", json.dumps(data), "--now")
    for command in (
        ("cards", "list", "beta"),
        ("coupons", "list", "beta"),
        ("accounts", "show", "beta"),
        ("explain", "beta"),
        ("statements", "show", "beta", "--cycle", "2026-11"),
        ("inbox", "list"),
    ):
        issued(*command)
        issued.json(*command)
    assert issued.rows("SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]
    assert issued.json("audit")["violations"] == 0
