"""Refunds to payment methods on the command line: asked for, run, listed, shown, resolved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.interfaces.cli.conftest import Cli

FEE = {
    "id": "big",
    "amount": "1500",
    "currency": "USD",
    "product": "compute",
    "incurred_at": "2026-10-10T00:00:00Z",
}
NOBODY = "00000000-0000-0000-0000-000000000000"


def charged(cli: Cli, account: str = "acme:eu", token: str = "tok_ok") -> None:
    """An account whose card was charged 1,500.00."""
    cli("methods", "add", account, "visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", token)
    cli("emit", "fees", "--account", account, "--data", json.dumps({"fees": [FEE]}), "--now")
    cli("charges", "run")


def give_back(cli: Cli, amount: str = "30.00", account: str = "acme:eu") -> None:
    cli("emit", "refund", "--account", account, "--amount", amount, "--currency", "USD",
        "--data", '{"to": "original_method"}', "--event-id", f"back-{amount}", "--now")  # fmt: skip


def newest(cli: Cli) -> dict[str, Any]:
    return dict(cli.json("refunds", "list", "--account", "acme:eu")["refunds"][0])


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def test_a_refund_is_asked_for_run_listed_and_shown(accounts: Cli) -> None:
    charged(accounts)
    give_back(accounts)
    before = newest(accounts)
    assert (before["state"], before["amount"], before["method"]) == ("waiting", usd("30.00"), "visa")
    assert before["event"] == {"source": "cli", "event_id": "back-30.00"}
    assert before["charge"] == accounts.json("charges", "list")["charges"][0]["charge"]
    assert "it is sent from" in accounts("refunds", "show", before["refund"]).out
    assert accounts.json("refunds", "run")["calls"] == 1
    shown = accounts.json("refunds", "show", before["refund"])
    assert (shown["state"], shown["gateway_ref"] is not None) == ("succeeded", True)
    assert "in case the bank sends it back" in accounts("refunds", "show", before["refund"]).out
    assert accounts("refunds", "run").out == "nothing is to be given back now\n"
    listed = accounts("refunds", "list").out
    assert before["refund"] in listed
    assert "succeeded" in listed


def test_money_on_its_way_back_is_seen_at_the_account_in_explain_and_in_status(accounts: Cli) -> None:
    charged(accounts)
    give_back(accounts)
    account = accounts.json("accounts", "show", "acme:eu")
    assert [row["amount"] for row in account["on_its_way_back"]] == [usd("30.00")]
    assert "on its way back to payment methods" in accounts("accounts", "show", "acme:eu").out
    assert accounts.json("explain", "acme:eu")["account"]["on_its_way_back"] == usd("30.00")
    assert "30.00 USD to payment methods" in accounts("explain", "acme:eu").out
    status = accounts.json("status", code=6)["work"]["refunds"]
    assert status == {"waiting": 1, "in_doubt": 0, "under_way": 0, "for_operator": 0}
    assert "1 to be sent" in accounts("status", code=6).out
    accounts("refunds", "run")
    assert accounts.json("accounts", "show", "acme:eu")["on_its_way_back"] == []
    assert accounts.json("explain", "acme:eu")["account"]["on_its_way_back"] == usd("0.00")
    assert "refunds" not in accounts("status", code=6).out


def test_a_tick_gives_back_too(accounts: Cli) -> None:
    charged(accounts)
    give_back(accounts)
    accounts("tick")
    assert newest(accounts)["state"] == "succeeded"


def test_a_refund_that_the_gateway_refuses_is_cash(accounts: Cli) -> None:
    charged(accounts, token="norefund_1")
    give_back(accounts)
    accounts("refunds", "run")
    refund = newest(accounts)
    assert (refund["state"], refund["code"]) == ("failed", "refund_not_possible")
    assert "cash of the account" in accounts("refunds", "show", refund["refund"]).out
    assert accounts.json("accounts", "show", "acme:eu")["cash"] == usd("130.00")


def test_a_refund_under_way_says_when_it_is_asked_about(accounts: Cli) -> None:
    charged(accounts, token="slowrefund_1")
    give_back(accounts)
    accounts("refunds", "run")
    refund = newest(accounts)
    assert refund["state"] == "under_way"
    assert "needs time" in accounts("refunds", "show", refund["refund"]).out
    assert "1 under way" in accounts("status", code=6).out
    accounts("clock", "advance", "1h", "--run")
    assert newest(accounts)["state"] == "succeeded"


def test_a_refund_in_doubt_is_listed_and_resolved_by_an_operator(accounts: Cli) -> None:
    charged(accounts)
    give_back(accounts)
    reference = newest(accounts)["refund"]
    accounts.as_owner(
        "UPDATE gateway_refund SET state = 'unknown', sent_at = created_at, asks = 6, next_at = '2027-01-01'"
    )
    listed = accounts("refunds", "list", "--unknown")
    assert reference in listed.out
    assert "resolve" in listed.err
    assert "settle refunds resolve" in accounts("refunds", "show", reference).out
    status = accounts.json("status", code=6)["work"]["refunds"]
    assert (status["in_doubt"], status["for_operator"]) == (1, 1)
    doctor = {check["name"]: check for check in accounts.json("doctor", code=6)["checks"]}
    assert doctor["refunds in doubt"]["level"] == "warn"
    assert "choose one of" in accounts("refunds", "resolve", reference, code=2).err
    resolved = accounts.json("refunds", "resolve", reference, "--refunded", "re_1")
    assert (resolved["state"], resolved["gateway_ref"]) == ("succeeded", "re_1")
    assert (
        "nothing is to be resolved"
        in accounts("refunds", "resolve", reference, "--refunded", "x", code=4).err
    )
    assert accounts.json("refunds", "list", "--unknown")["refunds"] == []


def test_what_was_not_given_back_becomes_cash(accounts: Cli) -> None:
    charged(accounts)
    give_back(accounts)
    answer = accounts("refunds", "resolve", newest(accounts)["refund"], "--to-cash")
    assert answer.out.endswith("cash of the account, 30.00 USD\n")
    assert accounts.json("accounts", "show", "acme:eu")["cash"] == usd("130.00")


def test_pages_follow_each_other(accounts: Cli) -> None:
    charged(accounts)
    for amount in ("1.00", "2.00", "3.00"):
        give_back(accounts, amount)
    first = accounts.json("refunds", "list", "--limit", "2")
    rest = accounts.json("refunds", "list", "--limit", "2", "--after", first["next"])
    assert rest["next"] is None
    seen = [row["amount"]["amount"] for row in [*first["refunds"], *rest["refunds"]]]
    assert seen == ["3.00", "2.00", "1.00"]
    assert accounts.json("refunds", "list", "--state", "failed")["refunds"] == []
    assert len(accounts.json("refunds", "list", "--state", "waiting")["refunds"]) == 3


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", NOBODY), 3, "settle refunds list"),
        (("show", "no-uuid"), 3, "settle refunds list"),
        (("resolve", NOBODY, "--to-cash"), 3, "settle refunds list"),
        (("resolve", NOBODY, "--to-cash", "--refunded", "x"), 2, "choose one of"),
        (("list", "--state", "odd"), 2, "odd"),
        (("list", "--unknown", "--state", "sent"), 2, "one of"),
        (("list", "--account", "nobody"), 3, "nobody"),
        (("list", "--after", NOBODY), 3, NOBODY),
    ],
)
def test_what_cannot_be_found_is_said(
    accounts: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in accounts("refunds", *arguments, code=code).err
