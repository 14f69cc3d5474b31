"""Manual payment on the command line: shown, confirmed, paid once, listed, cancelled. Rule: R8."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.interfaces.cli.conftest import Cli

BILL = "beta:2026-10"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def switched_off(cli: Cli) -> Cli:
    """`beta` owes 60.00 for October and pays nothing by itself."""
    cli("emit", "account_changed", "--account", "beta", "--data", '{"auto_write_off": false}', "--now")
    return cli


def give(cli: Cli, cash: str, refund: str | None = None) -> None:
    cli("emit", "top_up", "--account", "beta", "--amount", cash, "--currency", "USD", "--now")
    if refund is not None:
        cli("emit", "refund", "--account", "beta", "--amount", refund, "--currency", "USD", "--now",
            "--data", '{"cycle": "2026-10"}')  # fmt: skip


def with_card(cli: Cli, name: str = "visa") -> None:
    cli("methods", "add", "beta", name, "--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_ok")


def bill(cli: Cli) -> tuple[str, str]:
    found = cli.json("bills", "show", BILL)
    return found["state"], found["paid"]["amount"]


def answering(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Somebody sits at the terminal and types this."""
    monkeypatch.setattr("interfaces.cli.confirmation.is_terminal", lambda _: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(line))


def test_refunds_of_the_month_go_before_cash_and_nothing_is_paid_twice_or_unasked(
    issued: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(switched_off(issued), "50.00", refund="5.00")
    pay = ("pay", BILL, "--amount", "20")
    asked = issued(*pay, code=2).err
    assert "20.00 USD will be paid: 5.00 USD from credit refunds, 15.00 USD from cash" in asked
    assert "--yes" in asked
    for line in ("n\n", ""):
        answering(monkeypatch, line)
        assert "not confirmed" in issued(*pay, code=1).err
    assert bill(issued) == ("unsettled", "0.00")
    assert issued.json("payments", "list") == {"payments": [], "next": None}
    answering(monkeypatch, "y\n")
    keyed = (*pay, "--idempotency-key", "k1")
    first = issued.json(*keyed)
    assert (first["payment"], first["state"], first["channel"]) == ("k1", "completed", "balance")
    assert (first["amount"], first["from_balance"], first["by_channel"]) == (
        usd("20.00"),
        usd("20.00"),
        usd("0.00"),
    )
    answering(monkeypatch, "")
    assert issued.json(*keyed) == first, "repeated with its key it asks nothing and pays nothing"
    assert (
        "key k1 was used before, for 20.00 USD of bill beta:2026-10, 20.00 USD of it from the balance, by balance; "
        "nothing more is paid" in issued("pay", BILL, "--idempotency-key", "k1").err
    ), "what was left out this time was not left out the first time"
    assert (
        "used for something else"
        in issued("pay", BILL, "--amount", "21", "--idempotency-key", "k1", code=4).err
    )
    assert bill(issued) == ("unsettled", "20.00")
    lines = issued.json("repayments", "list", "--bill", BILL)["repayments"][0]["lines"]
    assert [(line["source"], line["amount"]["amount"]) for line in lines] == [
        ("refund", "5.00"),
        ("cash", "15.00"),
    ]
    assert issued.json("repayments", "list", "--bill", BILL)["repayments"][0]["reference"] == "k1"


def test_a_method_pays_the_rest_and_the_first_payment_is_named_to_the_second(issued: Cli) -> None:
    give(switched_off(issued), "10.00")
    with_card(issued)
    answer = issued(
        "pay", BILL, "--from-balance", "10", "--method", "visa", "--yes", "--idempotency-key", "k1"
    )
    assert "60.00 USD will be paid: 10.00 USD from cash, 50.00 USD from visa" in answer.err
    assert "on hold until" in answer.err
    assert issued.json("payments", "show", "beta", "k1")["state"] == "running"
    assert "payment k1" in issued("pay", BILL, "--yes", code=4).err
    assert "1 under way" in issued("status", code=6).out
    issued("charges", "run")
    shown = issued("payments", "show", "beta", "k1").out
    assert "completed" in shown
    assert bill(issued) == ("settled", "60.00")
    assert "is settled" in issued("pay", BILL, "--yes", code=4).err
    listed = issued.json(
        "payments", "list", "--account", "beta", "--cycle", "2026-10", "--state", "completed"
    )
    assert [(row["bill"], row["channel"], row["charge_state"]) for row in listed["payments"]] == [
        (BILL, "visa", "succeeded")
    ]  # fmt: skip
    assert issued.json("audit")["violations"] == 0


def test_a_payment_is_cancelled_and_the_channel_used_last_is_the_default(issued: Cli) -> None:
    switched_off(issued)
    with_card(issued)
    with_card(issued, "master")
    issued("pay", BILL, "--amount", "10", "--channel", "visa", "--yes", "--idempotency-key", "k1")
    issued("emit", "account_changed", "--account", "beta", "--data", '{"auto_write_off": true}', "--now")
    give(issued, "7.00")
    asked = issued("payments", "cancel", "beta", "k1", code=2).err
    assert "automatic write-off then pays 7.00 USD of 1 bill at once\n" in asked
    collected = ("emit", "account_changed", "--account", "beta", "--now", "--data")
    issued(*collected, '{"credit_control": false}')
    asked = issued("payments", "cancel", "beta", "k1", code=2).err
    assert "pays 7.00 USD of 1 bill at once; 53.00 USD will be charged to master of beta\n" in asked
    issued(*collected, '{"credit_control": true}')
    cancelled = issued.json("payments", "cancel", "beta", "k1", "--yes")
    assert (cancelled["state"], bill(issued)) == ("cancelled", ("unsettled", "7.00"))
    switched_off(issued)
    again = issued.json("pay", BILL, "--amount", "3", "--yes")
    assert (again["channel"], again["by_channel"]) == ("visa", usd("3.00"))
    first = issued.json("payments", "list", "--limit", "1")
    rest = issued.json("payments", "list", "--after", str(first["next"]))
    assert [row["state"] for row in [*first["payments"], *rest["payments"]]] == ["running", "cancelled"]


def test_the_lease_is_a_setting(issued: Cli, environment: Any) -> None:
    environment("SETTLE_REPAYMENT__PAYMENT_LEASE_S", "600")
    switched_off(issued)
    with_card(issued)
    shown = issued.json("pay", BILL, "--channel", "visa", "--yes")
    assert shown["lease_until"] == "2026-11-02T04:10:00Z"


@pytest.mark.usefixtures("unchanged")
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(issued: Cli) -> None:
    for arguments, code, said in [
        ((BILL, "--amount", "60.01"), 4, "more than the 60.00 USD outstanding"),
        ((BILL, "--amount", "0"), 4, "bad_amount"),
        ((BILL, "--amount", "-1"), 4, "bad_amount"),
        ((BILL,), 4, "insufficient_funds"),
        ((BILL, "--from-balance", "0"), 4, "no_channel"),
        ((BILL, "--channel", "visa"), 4, "unknown_method"),
        (("acme:eu:2026-10",), 4, "bill_settled"),
        (("beta:2026-09",), 4, "unknown_bill"),
        (("nobody:2026-10",), 3, "nobody"),
        (("beta",), 2, "ACCOUNT:YYYY-MM"),
    ]:
        assert said in issued("pay", *arguments, code=code).err
    assert "'odd' is not one of" in issued("payments", "list", "--state", "odd", code=2).err
    assert "no payment 'p'" in issued("payments", "show", "beta", "p", code=3).err
    assert "nobody" in issued("payments", "list", "--account", "nobody", code=3).err
    assert issued.rows("SELECT count(*) FROM inbox WHERE type LIKE 'bill_payment%'") == [(0,)]
