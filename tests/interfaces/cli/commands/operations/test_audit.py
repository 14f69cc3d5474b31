"""`settle audit`: a verdict for people, for programs, and in the exit code."""

from __future__ import annotations

import pytest


@pytest.fixture
def books(cli):
    """One account with 10 USD."""
    data = '{"currency": "USD", "opening_cash": "10.00"}'
    cli("emit", "account_opened", "--account", "a[b]", "--data", data)
    cli("tick")


def test_books_in_order_end_with_0(cli, books):
    answer = cli("audit")

    assert "looked at 1 accounts, 0 bills" in answer.out
    assert "everything adds up" in answer.out
    assert "cash_balance" in answer.out
    found = cli.json("audit")
    assert (found["ok"], found["violations"], found["at"]) == (True, 0, "2026-10-20T00:00:00Z")
    assert found["looked_at"]["accounts"] == 1


def test_a_violation_ends_with_5_and_names_the_account(cli, books):
    cli.as_owner("UPDATE account SET cash_minor = 1100")

    answer = cli("audit", code=5)
    assert "cash_balance: 1 violation." in answer.out
    assert "a[b]     11.00 USD  10.00 USD" in answer.out
    assert "2 violations" in answer.out.splitlines()[-1]

    found = cli.json("audit", code=5)
    (check,) = [check for check in found["checks"] if check["name"] == "cash_balance"]
    assert found["ok"] is False
    assert check["violations"] == 1
    assert check["examples"] == [{"account": "a[b]", "stored": "11.00 USD", "entries": "10.00 USD"}]


def test_a_database_that_is_down_ends_with_6(cli, environment):
    environment("SETTLE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    environment("SETTLE_TEST_CLOCK", "0")

    assert "PostgreSQL" in cli("audit", code=6).err
