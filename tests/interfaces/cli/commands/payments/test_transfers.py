"""Billing relationships, transfers and pull-backs on the command line. Rule: R9.1, R9.2."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interfaces.cli.conftest import Cli

MAIN, MEMBER = "acme:eu", "beta"
TIE = (MAIN, MEMBER)


def tied(cli: Cli) -> Cli:
    """`acme:eu` has 69.88 and `beta` owes 60.00."""
    cli("relationships", "request", *TIE)
    cli("relationships", "accept", *TIE)
    return cli


def cash(cli: Cli) -> tuple[str, str]:
    return tuple(cli.json("accounts", "show", name)["cash"]["amount"] for name in TIE)


def states(cli: Cli, *options: str) -> list[str]:
    return [row["state"] for row in cli.json("relationships", "list", *options)["relationships"]]


def test_a_relationship_is_asked_for_agreed_to_listed_and_ended(issued: Cli) -> None:
    asked = issued.json("relationships", "request", *TIE)
    assert (asked["main"], asked["member"], asked["state"]) == (MAIN, MEMBER, "pending")
    assert "no_relationship" in issued("transfer", *TIE, "1", "--yes", code=4).err
    assert issued.json("relationships", "accept", *TIE)["state"] == "valid"
    assert "already_valid" in issued("relationships", "accept", *TIE, code=4).err
    assert states(issued, "--account", MEMBER) == states(issued, "--account", MAIN) == ["valid"]
    assert "beta" in issued("relationships", "list").out
    assert "acme:eu, valid" in issued("accounts", "show", MEMBER).out
    assert issued.json("relationships", "end", *TIE)["state"] == "ended"
    assert (states(issued), states(issued, "--all")) == ([], ["ended"])
    assert "never had" not in issued("relationships", "end", *TIE, code=4).err
    assert "nobody" in issued("relationships", "request", MAIN, "nobody", code=3).err


def test_a_transfer_is_shown_confirmed_and_pays_and_what_is_left_comes_back(issued: Cli) -> None:
    move = ("transfer", *TIE, "65")
    asked = tied(issued)(*move, code=2).err
    assert "65.00 USD will move from acme:eu to beta; at once it pays 60.00 USD of 1 bill" in asked
    assert cash(issued) == ("69.88", "0.00")
    first = issued.json(*move, "--yes", "--idempotency-key", "t1")
    assert issued.json(*move, "--idempotency-key", "t1") == first, "repeated with its key it moves nothing"
    assert "already done" in issued(*move, "--idempotency-key", "t1").err
    assert cash(issued) == ("4.88", "5.00")
    assert first["member_returnable"]["amount"] == "5.00"
    assert issued.json("bills", "show", "beta:2026-10")["state"] == "settled"
    assert "reused_id" in issued("transfer", *TIE, "1", "--yes", "--idempotency-key", "t1", code=4).err
    assert "5.00 USD of what account beta was sent" in issued("pull-back", *TIE, "5.01", "--yes", code=4).err
    assert "5.00 USD will move from beta to acme:eu" in issued("pull-back", *TIE, "5", code=2).err
    assert "0.00 USD may come back" in issued("pull-back", *TIE, "5", "--yes").out
    assert cash(issued) == ("9.88", "0.00")
    assert issued.json("audit")["violations"] == 0


def test_a_charge_that_a_transfer_sets_off_is_said_too(issued: Cli) -> None:
    tied(issued)
    change = ("emit", "account_changed", "--account", MEMBER, "--now", "--data")
    issued(*change, '{"hold": {"reason": "manual"}, "credit_control": false}')
    issued(
        "methods", "add", MEMBER, "visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_ok"
    )
    # As where a charge is owed that nobody has started yet.
    issued.as_owner("DELETE FROM write_off_hold")
    assert (
        "10.00 USD will move from acme:eu to beta; at once it pays 10.00 USD of 1 bill; "
        "50.00 USD will be charged to visa of beta\n" in issued("transfer", *TIE, "10", code=2).err
    )
    assert issued.rows("SELECT 1 FROM charge_attempt") == []


@pytest.mark.usefixtures("unchanged")
def test_what_cannot_move_is_said(issued: Cli) -> None:
    said: list[tuple[tuple[Any, ...], int, str]] = [
        (("transfer", *TIE, "1"), 4, "no_relationship"),
        (("transfer", *TIE, "0"), 4, "bad_amount"),
        (("transfer", *TIE, "1.001"), 4, "bad_amount"),
        (("transfer", MAIN, "nobody", "1"), 3, "nobody"),
        (("transfer", MAIN, "gamma", "1"), 4, "wrong_currency"),
        (("pull-back", *TIE, "1"), 4, "no_relationship"),
    ]
    for arguments, code, text in said:
        assert text in issued(*arguments, "--yes", code=code).err
    assert issued.rows("SELECT count(*) FROM inbox WHERE type LIKE 'transfer%'") == [(0,)]
