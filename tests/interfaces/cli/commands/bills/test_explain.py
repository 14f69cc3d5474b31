"""`settle explain`: the answer to "why is this bill still unsettled?", for people and for programs."""

from __future__ import annotations

import json
import shlex

import pytest


def send(cli, kind, account, /, **data):
    cli("emit", kind, "--account", account, "--data", json.dumps(data))
    cli("tick")


@pytest.fixture
def books(cli):
    """An account whose bill of October is paid in part and whose switch is off, with a name that holds a colon."""
    send(cli, "account_opened", "x:y", currency="USD", opening_cash="5.00")
    fee = {
        "id": "f",
        "amount": "12.345",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-19T00:00:00Z",
    }
    send(cli, "fees", "x:y", fees=[fee])
    cli("clock", "set", "2026-11-02T12:00")
    cli("tick")
    send(cli, "account_changed", "x:y", auto_write_off=False)


def test_a_bill_for_people(cli, books):
    out = cli("explain", "x:y:2026-10").out

    assert "x:y:2026-10: unsettled since 2026-11-02T12:00:00+08:00, payable 12.34 USD, paid 5.00 USD" in out
    assert "dropped by rounding down" in out
    assert "month close of 2026-10" in out
    assert (
        "1. automatic write-off is switched off for this account\n   would change it: turning the switch on"
        in out
    )
    assert "2. available credit is 0.00 USD and must be above zero" in out
    assert "3. no funds are left: 7.34 USD are missing for this bill" in out


def test_a_bill_for_programs(cli, books):
    found = cli.json("explain", "x:y:2026-10")

    (bill,) = found["bills"]
    assert bill["bill"] == "x:y:2026-10"
    assert [reason["code"] for reason in bill["reasons"]] == ["switch_off", "no_available_credit", "no_funds"]
    assert bill["reasons"][2]["figures"]["top_up_needed"] == {"amount": "7.34", "currency": "USD"}
    assert bill["next_write_off"] == {
        "at": "2026-11-02T04:00:00Z",
        "coupons": {"amount": "0.00", "currency": "USD"},
        "collected": {"amount": "0.00", "currency": "USD"},
        "pays": {"amount": "0.00", "currency": "USD"},
        "settles": False,
        "top_up_that_settles": None,
    }
    assert bill["due"] is None
    assert bill["collection"]["step"] == "no_method"
    assert bill["reasons"][0]["events"] == [
        {"type": "account_changed", "account": "x:y", "data": {"auto_write_off": True}}
    ]
    assert bill["payments"][0]["cause"] == "close:2026-10"
    assert found["account"]["available_credit"] == {"amount": "0.00", "currency": "USD"}


def test_an_account_shows_what_is_open(cli, books):
    assert [bill["bill"] for bill in cli.json("explain", "x:y")["bills"]] == ["x:y:2026-10"]

    send(cli, "account_changed", "x:y", auto_write_off=True)
    send(cli, "top_up", "x:y", amount="100.00", currency="USD")

    assert "every bill of this account is settled" in cli("explain", "x:y").out
    assert "settled on 2026-11-02" in cli("explain", "x:y:2026-10").out


def test_what_would_change_it_can_be_sent_as_it_is_printed(cli, books):
    (bill,) = cli.json("explain", "x:y:2026-10")["bills"]
    for reason in bill["reasons"]:
        for event in reason["events"][:1]:
            send(cli, event["type"], event["account"], **event["data"])
    assert cli.json("explain", "x:y:2026-10")["bills"][0]["state"] == "settled"


def test_what_would_change_it_is_printed_as_commands_that_do(cli, books):
    printed = cli("explain", "x:y:2026-10").out
    assert "(event " not in printed
    commands = [line.strip() for line in printed.splitlines() if line.startswith("   settle ")]
    assert len(commands) == sum(
        len(reason["events"]) for reason in cli.json("explain", "x:y:2026-10")["bills"][0]["reasons"]
    )
    for reason in cli.json("explain", "x:y:2026-10")["bills"][0]["reasons"]:
        for _ in reason["events"][:1]:
            cli(*shlex.split(commands[0])[1:], "--yes")
        commands = commands[len(reason["events"]) :]
    assert cli.json("explain", "x:y:2026-10")["bills"][0]["state"] == "settled"


def test_a_due_date_and_a_coupon_for_people_and_for_programs(cli):
    send(cli, "account_opened", "c", currency="USD", credit_control=True, credit_limit="100.00")
    send(cli, "payment_term_agreed", "c", from_cycle="2026-01", period_days=10)
    send(
        cli, "coupon_granted", "c", coupon="off", kind="amount_off", amount="2.00", currency="USD",
        valid_from="2026-01-01T00:00:00Z", valid_until="2027-01-01T00:00:00Z",
    )  # fmt: skip
    fee = {
        "id": "f",
        "amount": "12.00",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-19T00:00:00Z",
    }
    send(cli, "fees", "c", fees=[fee])
    assert "coupons take 2.00 USD off it as it is issued" in cli("explain", "c").out
    cli("clock", "set", "2026-11-14T00:00")
    cli("tick")

    out = cli("explain", "c:2026-10").out
    assert "outstanding 10.00 USD, due by the end of 2026-11-12 (monthly, 10 calendar days; holidays" in out
    assert "overdue since 2026-11-13" in out
    assert "coupon off" in out
    assert "issuance of 2026-10" in out
    found = cli.json("explain", "c:2026-10")
    assert found["bills"][0]["due"]["on"] == "2026-11-12"
    assert found["bills"][0]["payments"][0]["coupon"] == "off"
    assert found["account"]["overdue"] == {"amount": "10.00", "currency": "USD"}


def test_an_account_may_be_named_like_a_bill(cli):
    send(cli, "account_opened", "z:2026-10", currency="USD")

    assert cli.json("explain", "z:2026-10")["account"]["account"] == "z:2026-10"


@pytest.mark.parametrize("name", ["nobody", "nobody:2026-10", "x:y:2026-09", "x:y:2026-9", "x:y:2026-13"])
def test_what_is_not_known_ends_with_3(cli, books, name):
    cli("explain", name, code=3)
