"""`settle accounts open`, `set`, `hold`, `release`: each one event, shown before money moves. Rule: R12.4d."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Cli

LAST = "SELECT type, data FROM inbox ORDER BY id DESC LIMIT 1"


def test_an_account_is_opened_once(cli: Cli) -> None:
    command = (
        "accounts", "open", "new", "--currency", "USD", "--name", "New Ltd", "--credit-control",
        "--credit-limit", "100", "--no-auto-write-off", "--opening-cash", "7.00", "--idempotency-key", "o1",
    )  # fmt: skip
    opened = cli.json(*command)
    assert (opened["account"], opened["name"], opened["cash"]["amount"]) == ("new", "New Ltd", "7.00")
    assert (opened["credit_control"], opened["auto_write_off"]) == (True, False)
    assert "already done" in cli(*command).err
    assert cli.rows("SELECT count(*) FROM account") == [(1,)]
    assert "account_exists" in cli("accounts", "open", "new", "--currency", "USD", code=4).err


def test_what_is_named_is_set_and_the_rest_stays(issued: Cli) -> None:
    found = issued.json("accounts", "set", "beta", "--no-auto-write-off", "--low-credit-line", "5")
    assert (found["auto_write_off"], found["low_credit_line"]["amount"]) == (False, "5.00")
    assert issued.rows(LAST) == [
        ("account_changed", {"auto_write_off": False, "low_credit_line": "5", "currency": "USD"})
    ]
    found = issued.json("accounts", "set", "beta", "--credit-limit", "250.00", "--frozen-amount", "1")
    assert (found["credit_limit"]["amount"], found["frozen_by_operator"]["amount"]) == ("250.00", "1.00")
    assert found["auto_write_off"] is False
    assert "name what is to be set" in issued("accounts", "set", "beta", code=2).err
    assert "bad_amount" in issued("accounts", "set", "beta", "--credit-limit", "much", code=4).err
    assert issued.json("audit")["violations"] == 0


def test_a_hold_is_released_by_its_own_name_and_what_follows_is_confirmed(issued: Cli) -> None:
    issued("accounts", "hold", "beta", "dispute", "--ref", "case 7")
    [hold] = issued.json("accounts", "show", "beta")["holds"]
    assert (hold["reason"], hold["ref"]) == ("dispute", "case 7")
    issued("top-up", "beta", "60", "--yes")
    release = ("accounts", "release", "beta", "dispute", "--ref", "case 7")
    asked = issued(*release, code=2).err
    assert "automatic write-off then pays 60.00 USD of 1 bill at once" in asked
    assert issued.json("bills", "show", "beta:2026-10")["state"] == "unsettled"
    issued(*release, "--yes")
    assert issued.json("bills", "show", "beta:2026-10")["state"] == "settled"
    assert issued.json("accounts", "show", "beta")["holds"] == []
