"""Payment methods on the command line: names and tokens, no card numbers."""

from __future__ import annotations

import pytest

from tests.interfaces.cli.conftest import Cli

CARD = ("--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_ok")


def test_methods_are_added_made_default_and_removed(accounts: Cli) -> None:
    accounts("methods", "add", "acme:eu", "visa", *CARD)
    accounts("methods", "add", "acme:eu", "pp", "--kind", "paypal", "--gateway", "sandbox", "--token", "tok_ok_2",
             "--threshold", "200.00", "--currency", "USD", "--no-default")  # fmt: skip
    listed = accounts.json("methods", "list", "acme:eu")["methods"]
    assert [(row["method"], row["kind"], row["default"], row["threshold"]) for row in listed] == [
        ("visa", "bank_card", True, None), ("pp", "paypal", False, {"amount": "200.00", "currency": "USD"}),
    ]  # fmt: skip
    accounts("methods", "default", "acme:eu", "pp")
    left = accounts.json("methods", "remove", "acme:eu", "visa")["methods"]
    assert [(row["method"], row["default"]) for row in left] == [("pp", True)]
    everything = accounts.json("methods", "list", "acme:eu", "--removed")["methods"]
    assert [(row["method"], row["state"]) for row in everything] == [
        ("pp", "unverified"),
        ("visa", "removed"),
    ]
    shown = accounts("accounts", "show", "acme:eu").out
    assert "payment methods" in shown
    assert "pp" in shown


def test_a_token_is_never_printed(accounts: Cli) -> None:
    said = accounts("methods", "add", "acme:eu", "visa", *CARD)
    shown = accounts("accounts", "show", "acme:eu")
    assert "tok_ok" not in said.out + said.err + shown.out


def test_a_method_is_verified_by_a_hold_that_is_let_go(accounts: Cli) -> None:
    accounts("methods", "add", "acme:eu", "visa", *CARD)
    accounts("methods", "verify", "acme:eu", "visa")
    assert accounts.json("charges", "run")["calls"] >= 2
    assert accounts.json("methods", "list", "acme:eu")["methods"][0]["state"] == "verified"
    assert accounts.rows("SELECT state FROM pre_authorization") == [("voided",)]
    assert accounts.json("methods", "holds")["holds"] == []


def test_a_hold_in_doubt_is_listed_with_what_it_can_be_looked_up_by(accounts: Cli) -> None:
    accounts("methods", "add", "acme:eu", "visa", "--kind", "bank_card", "--gateway", "sandbox",
             "--token", "lost_or_not")  # fmt: skip
    accounts("methods", "verify", "acme:eu", "visa")
    accounts.as_owner(
        "UPDATE pre_authorization SET state = 'unknown', sent_at = created_at, message = 'no answer'"
    )
    (hold,) = accounts.json("methods", "holds")["holds"]
    assert (hold["account"], hold["method"], hold["state"]) == ("acme:eu", "visa", "unknown")
    assert hold["amount"] == {"amount": "1.00", "currency": "USD"}
    said = accounts("methods", "holds")
    assert hold["reference"] in said.out
    assert "let go there" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "nobody", "visa", *CARD), 4, "nobody"),
        (("add", "acme:eu", "visa", "--kind", "bank_card", "--token", "t"), 4, "gateway"),
        (("add", "acme:eu", "visa", "--kind", "bank_card", "--gateway", "stripe", "--token", "t"), 4, "not set up"),
        (("default", "acme:eu", "visa"), 4, "no payment method"),
        (("remove", "acme:eu", "visa"), 4, "no payment method"),
        (("list", "nobody"), 3, "nobody"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_with_its_reason(
    accounts: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in accounts("methods", *arguments, code=code).err


def test_a_card_number_is_refused_and_kept_nowhere(accounts: Cli) -> None:
    # A number that looks like one and belongs to nobody.
    number = "4" + "0" * 11 + "0002"
    answer = accounts(
        "methods",
        "add",
        "acme:eu",
        "visa",
        "--kind",
        "bank_card",
        "--gateway",
        "sandbox",
        "--token",
        number,
        code=4,
    )
    assert "card number" in answer.err
    assert number not in answer.err + answer.out
    assert accounts.rows(f"SELECT count(*) FROM inbox WHERE data::text LIKE '%{number}%'") == [(0,)]


def test_a_token_that_two_accounts_have_is_said_of_both(accounts: Cli) -> None:
    card = ("visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_same")

    def shared(account: str) -> list[bool]:
        listed = [row["shared"] for row in accounts.json("methods", "list", account)["methods"]]
        assert listed == [row["shared"] for row in accounts.json("accounts", "show", account)["methods"]]
        return listed

    accounts("methods", "add", "acme:eu", *card)
    assert shared("acme:eu") == [False]
    assert accounts.json("methods", "add", "beta", *card)["methods"][0]["shared"] is True
    assert (shared("acme:eu"), shared("beta")) == ([True], [True])
    assert "on other accounts" in accounts("methods", "list", "beta").out
    accounts("methods", "remove", "beta", "visa")
    assert shared("acme:eu") == [False]
    for account in ("acme:eu", "beta"):  # a bank transfer has no token
        accounts("methods", "add", account, "wire", "--kind", "bank_transfer", "--no-default")
    assert shared("acme:eu") == [False, False]
