"""What gateways took back by themselves on the command line: listed, shown, exported, and where else it is seen."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from settlement.model.gateway.reversals import Funds, Reversal, ReversalState
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.reversals import book_found
from settlement.storage.store import Store
from tests.interfaces.cli.commands.payments.test_refunds import charged, give_back, newest, usd
from tests.interfaces.cli.conftest import Cli

NOW = datetime(2026, 10, 20, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def disputed(
    cli: Cli,
    state: ReversalState = "needs_response",
    funds: Funds = "withdrawn",
    *,
    amount_minor: int = 150_000,
    ref: str = "dp_1",
    after: timedelta = timedelta(0),
) -> None:
    """What the sandbox would show if it had a dashboard."""
    ((charge_ref, reference),) = cli.rows("SELECT gateway_ref, CAST(reference AS text) FROM charge_attempt")
    kind: Any = "refund" if ref.startswith("re") else "dispute"
    shown = Reversal(
        kind,
        "sandbox",
        ref,
        charge_ref,
        reference,
        None,
        amount_minor,
        "USD",
        state,
        funds,
        NOW,
        NOW,
        "fraudulent",
    )
    store, at = Store(cli.database_url), NOW + after
    assert book_found(store, [shown], read_at=at, at=at, policy=Policy()) == []
    store.close()


def test_nothing_is_disputed(accounts: Cli) -> None:
    assert accounts.json("disputes", "list") == {"disputes": [], "next": None}
    assert accounts("disputes", "show", "dp_9", code=3).err.startswith("error: dp_9 is not known")


def test_a_dispute_is_listed_shown_and_seen_where_its_method_is(accounts: Cli) -> None:
    charged(accounts)
    disputed(accounts)
    row = accounts.json("disputes", "list")["disputes"][0]
    assert (row["id"], row["kind"], row["state"], row["funds"]) == (
        "dp_1",
        "dispute",
        "needs_response",
        "withdrawn",
    )
    assert (row["amount"], row["taken_back"], row["owed"]) == (usd("1500.00"), usd("1500.00"), usd("0.00"))
    assert row["charge"] == accounts.json("charges", "list")["charges"][0]["charge"]
    listed = accounts("disputes", "list", "--open", "--account", "acme:eu").out
    assert "dp_1" in listed
    assert "needs response" in listed
    shown = accounts("disputes", "show", "dp_1").out
    assert "visa is not charged by itself until sandbox has decided" in shown
    method = accounts.json("methods", "list", "acme:eu")["methods"][0]
    assert method["open_disputes"] == 1
    assert "paused" in accounts("methods", "list", "acme:eu").out
    assert "a dispute about one of its charges is open" in accounts("explain", "acme:eu:2026-10").out
    disputed(accounts, "won", "returned", after=MINUTE)
    assert accounts.json("disputes", "list", "--open")["disputes"] == []
    assert accounts.json("methods", "list", "acme:eu")["methods"][0]["open_disputes"] == 0
    assert "nothing is taken back because of it" in accounts("disputes", "show", "dp_1").out


def test_records_statements_and_explain_say_that_a_payment_was_taken_back(issued: Cli) -> None:
    """A bill that was paid by hand, with a card."""
    issued(
        "methods", "add", "beta", "visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", "tok_ok"
    )
    issued("pay", "beta:2026-10", "--method", "visa", "--yes")
    issued("charges", "run")
    assert issued.json("bills", "show", "beta:2026-10")["state"] == "settled"
    disputed(issued, "succeeded", ref="re_1", amount_minor=6_000, after=timedelta(days=20))
    assert issued.json("bills", "show", "beta:2026-10")["outstanding"] == usd("60.00")
    records = issued.json("repayments", "list", "--bill", "beta:2026-10")["repayments"]
    assert [(row["amount"], row["initiator"]) for row in records][-1] == (usd("-60.00"), "reversal")
    assert records[-1]["reference"] == "re_1"
    assert "visa -60.00" in issued("repayments", "list", "--bill", "beta:2026-10").out
    assert "refund re_1 at sandbox, which took it back" in issued("explain", "beta:2026-10").out
    bill = issued.json("statements", "show", "beta", "--cycle", "2026-11")["balances"]["owed"]
    assert {"what": "owed_again", "amount": usd("60.00")} in bill["movements"]
    shown = issued.json("disputes", "show", "re_1")
    assert [(row["cycle"], row["amount"]) for row in shown["bills"]] == [("2026-10", usd("-60.00"))]
    assert "what it took back of bills" in issued("disputes", "show", "re_1").out


def test_status_and_doctor_count_open_disputes_and_what_is_owed(accounts: Cli) -> None:
    def check() -> Any:
        checks = accounts.json("doctor", code=6)["checks"]
        return next(check for check in checks if check["name"] == "disputes open")

    charged(accounts)
    assert accounts.json("status", code=6)["work"]["disputes"] == {
        "open": 0, "needs_response": 0, "owing_accounts": 0,
    }  # fmt: skip
    assert (check()["level"], check()["said"]) == ("ok", "none")
    disputed(accounts)
    disputed(accounts, "under_review", ref="dp_2", amount_minor=100_000)
    assert accounts.json("status", code=6)["work"]["disputes"] == {
        "open": 2, "needs_response": 1, "owing_accounts": 1,
    }  # fmt: skip
    text = accounts("status", code=6).out
    assert "2 open, 1 to respond to: `settle disputes list --open`" in text
    assert "by 1 account: `settle disputes list`" in text
    assert (check()["level"], check()["said"]) == ("warn", "2, 1 of them to respond to")
    disputed(accounts, "under_review", after=MINUTE)
    assert check()["level"] == "ok"


def test_headroom_is_less_what_is_owed_for_payments_taken_back(accounts: Cli) -> None:
    charged(accounts)
    disputed(accounts)
    disputed(accounts, ref="dp_2", amount_minor=100_000)
    shown = accounts.json("accounts", "show", "acme:eu")
    owed = shown["owed_for_reversals"]
    assert owed == accounts.json("disputes", "show", "dp_2")["owed"] != usd("0.00")
    assert shown["cash"] == shown["outstanding"] == usd("0.00")
    assert shown["headroom"] == usd(f"-{Decimal(owed['amount']) + Decimal(shown['frozen']['amount'])}")
    assert accounts.json("explain", "acme:eu")["account"]["headroom"] == shown["headroom"]
    assert f"{owed['amount']} USD, which the next cash pays" in accounts("accounts", "show", "acme:eu").out
    statement = accounts("statements", "show", "acme:eu", "--cycle", "2026-10").out
    assert "owed for payments taken back" in statement


def test_a_page_goes_on_after_the_last_one_and_all_of_them_are_exported(accounts: Cli) -> None:
    charged(accounts)
    for number in range(3):
        disputed(accounts, ref=f"dp_{number}", amount_minor=100, after=number * MINUTE)
    page = accounts.json("disputes", "list", "--limit", "2")
    assert [row["id"] for row in page["disputes"]] == ["dp_2", "dp_1"]
    rest = accounts.json("disputes", "list", "--limit", "2", "--after", page["next"])
    assert ([row["id"] for row in rest["disputes"]], rest["next"]) == (["dp_0"], None)
    lines = list(csv.DictReader(io.StringIO(accounts("disputes", "export", "--csv").out)))
    assert [line["id"] for line in lines] == ["dp_2", "dp_1", "dp_0"]
    assert (lines[0]["amount"], lines[0]["currency"], lines[0]["state"]) == ("1.00", "USD", "needs_response")


@pytest.mark.parametrize("option", [["--kind", "chargeback"], ["--account", "nobody"], ["--after", "dp_9"]])
def test_what_is_not_there_is_said(accounts: Cli, option: list[str]) -> None:
    answer = accounts("disputes", "list", *option, code=2 if option[0] == "--kind" else 3)
    assert option[1] in answer.err


def test_a_refund_is_not_resolved_as_one_that_took_the_payment_back(accounts: Cli) -> None:
    charged(accounts, token="tok_ok")
    give_back(accounts)
    disputed(accounts, "succeeded", ref="re_9", amount_minor=3_000)
    accounts.as_owner("UPDATE gateway_refund SET state = 'unknown', sent_at = now(), next_at = NULL")
    refund = newest(accounts)["refund"]
    answer = accounts("refunds", "resolve", refund, "--refunded", "re_9", code=4)
    assert "has taken the payment back" in answer.err
    accounts("refunds", "resolve", refund, "--to-cash")
