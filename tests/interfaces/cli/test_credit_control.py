"""Contracts, coupons, cards, due dates and low credit on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.interfaces.cli.conftest import Cli

USD = {"currency": "USD"}
TERM = ("terms", "agree", "beta", "--from", "2026-10", "--days", "3")


@pytest.fixture
def overdue(fees: Cli) -> Cli:
    """October of `beta`, 60.00 USD, was due on 5 November; it is the 8th, and nobody has paid."""
    fees(*TERM)
    fees("clock", "set", "2026-11-08T09:00", "--run")
    return fees


# ----------------------------------------------------------------------------------------------- terms
def test_a_term_is_agreed_listed_and_replaced_and_says_when_the_open_month_will_be_due(accounts: Cli) -> None:
    said = accounts(*TERM)
    assert "the bill of 2026-10 will be due on 2026-11-05" in said.err
    listed = accounts.json("terms", "list", "beta")
    assert listed["open_month"] == {"cycle": "2026-10", "due_on": "2026-11-05"}
    (term,) = listed["terms"]
    assert term["agreed_at"] == "2026-10-20T00:00:00Z"
    accounts(
        "terms", "agree", "beta", "--from", "2026-10", "--until", "2026-12", "--days", "5", "--quarterly", "--business",
        "--country", "CN", "--closing-day", "2027-01-05", "--closing-day", "2027-01-04",
    )  # fmt: skip
    listed = accounts.json("terms", "list", "beta")
    (term,) = listed["terms"]
    assert {name: term[name] for name in term if name != "agreed_at"} == {
        "from_cycle": "2026-10", "until_cycle": "2026-12", "settlement_cycle": "quarterly", "period_days": 5,
        "day_kind": "business", "country": "CN", "closing_days": ["2027-01-04", "2027-01-05"],
    }  # fmt: skip
    # December's bill is issued on Saturday the 2nd of January, the 3rd is New Year's holiday, two days are closed.
    assert listed["open_month"]["due_on"] == "2027-01-12"
    assert "5 business days in CN less 2 closing days" in accounts("terms", "list", "beta").out


def test_a_command_repeated_with_its_event_id_changes_nothing(accounts: Cli) -> None:
    agree = (*TERM, "--event-id", "contract-1")
    accounts(*agree)
    accounts("terms", "agree", "beta", "--from", "2026-10", "--days", "30")
    accounts(*agree)
    assert [term["period_days"] for term in accounts.json("terms", "list", "beta")["terms"]] == [30]
    said = accounts(
        "terms", "agree", "beta", "--from", "2026-11", "--days", "9", "--event-id", "contract-1", code=4
    )
    assert "reused_id" in said.err
    assert accounts.rows("SELECT count(*) FROM inbox WHERE type = 'payment_term_agreed'") == [(3,)]


def test_an_account_that_is_not_on_credit_control_is_told_of(accounts: Cli) -> None:
    said = accounts("terms", "agree", "acme:eu", "--from", "2026-10", "--days", "3")
    assert "acme:eu is not on credit control" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("terms", "list", "nobody"), 3, "nobody"),
        (("terms", "agree", "nobody", "--from", "2026-10", "--days", "3"), 4, "unknown_account"),
        (("terms", "agree", "beta", "--from", "2026-10", "--days", "366"), 2, "365"),
        (("terms", "agree", "beta", "--from", "2026-13", "--days", "3"), 2, "YYYY-MM"),
        ((*TERM, "--business"), 4, "country"),
        ((*TERM, "--business", "--country", "XX"), 4, "unknown_country"),
        ((*TERM, "--closing-day", "tomorrow"), 2, "YYYY-MM-DD"),
        (("coupons", "grant", "beta", "c", "--amount", "1.001", "--until", "2027-01-01"), 4, "minor unit"),
        (("coupons", "grant", "beta", "c", "--amount", "1", "--until", "2026-01-01"), 4, "valid_until"),
        (("coupons", "grant", "nobody", "c", "--amount", "1", "--until", "2027-01-01"), 3, "nobody"),
        (("coupons", "list", "nobody"), 3, "nobody"),
        (("cards", "list", "nobody"), 3, "nobody"),
        (("overdue", "list", "--account", "nobody"), 3, "nobody"),
        (("overdue", "list", "--after", "beta:2026-09"), 3, "no bill of 2026-09"),
        (("accounts", "watch", "nobody", "--end"), 3, "nobody"),
        (("accounts", "watch", "beta"), 2, "--below"),
        (("accounts", "watch", "beta", "--below", "1", "--end"), 2, "--below"),
        (("accounts", "watch", "beta", "--below", "much"), 4, "bad_amount"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_reason(
    accounts: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in accounts(*arguments, code=code).err


# ----------------------------------------------------------------------------------------------- coupons, cards
def test_coupons_are_granted_and_listed_until_they_are_used_up(fees: Cli) -> None:
    fees("coupons", "grant", "beta", "often", "--amount", "25.00", "--until", "2027-01-01")
    grant = ("--kind", "single_use", "--from", "2026-11-01T00:00", "--until", "2026-12-01T00:00")
    rows = fees.json("coupons", "grant", "beta", "once", "--amount", "10.00", *grant)["coupons"]
    assert rows == [
        {
            "coupon": "once", "kind": "single_use", "balance": {"amount": "10.00", **USD}, "state": "not yet",
            "valid_from": "2026-10-31T16:00:00Z", "valid_until": "2026-11-30T16:00:00Z",
            "granted_at": "2026-10-20T00:00:00Z",
        },
        {
            "coupon": "often", "kind": "amount_off", "balance": {"amount": "25.00", **USD}, "state": "valid",
            "valid_from": "2026-10-20T00:00:00Z", "valid_until": "2026-12-31T16:00:00Z",
            "granted_at": "2026-10-20T00:00:00Z",
        },
    ]  # fmt: skip
    assert [row["coupon"] for row in fees.json("accounts", "show", "beta")["coupons"]] == ["once", "often"]
    assert "coupons" in fees("accounts", "show", "beta").out
    fees("clock", "set", "2026-11-02T12:00", "--run")
    assert fees.json("bills", "show", "beta:2026-10")["outstanding"]["amount"] == "25.00"
    assert fees.json("coupons", "list", "beta")["coupons"] == []
    everything = fees.json("coupons", "list", "beta", "--all")["coupons"]
    assert [(row["coupon"], row["state"]) for row in everything] == [
        ("once", "used up"),
        ("often", "used up"),
    ]
    assert "coupon_exists" in fees(
        "coupons", "grant", "beta", "once", "--amount", "1", "--until", "2027-01-01", code=4
    ).err  # fmt: skip


def test_cards_show_what_is_left_and_until_when(accounts: Cli) -> None:
    def activate(card: str, since: str, until: str, **more: Any) -> None:
        data = json.dumps({"card": card, "valid_from": since, "valid_until": until, **more})
        accounts(
            "emit",
            "card_activated",
            "--account",
            "beta",
            "--amount",
            "7",
            "--currency",
            "USD",
            "--data",
            data,
            "--now",
        )

    activate("later", "2026-11-01T00:00:00Z", "2027-10-01T00:00:00Z", products=["x"])
    activate("now", "2026-10-01T00:00:00Z", "2026-10-25T00:00:00Z")
    rows = accounts.json("cards", "list", "beta")["cards"]
    assert [(row["card"], row["balance"]["amount"], row["state"], row["products"]) for row in rows] == [
        ("now", "7.00", "valid", None), ("later", "7.00", "not yet", ["x"]),
    ]  # fmt: skip
    accounts("clock", "set", "2026-10-27T00:00", "--run")
    assert [row["card"] for row in accounts.json("cards", "list", "beta")["cards"]] == ["later"]
    text = accounts("cards", "list", "beta", "--all").out.splitlines()
    assert text[0].split() == ["card", "left", "from", "until", "state", "only", "for"]
    assert text[1].startswith("now    0.00 USD")
    assert "expired" in text[1]


# ----------------------------------------------------------------------------------------------- overdue
def test_overdue_bills_are_listed_with_due_date_rule_days_and_totals(overdue: Cli) -> None:
    listed = overdue.json("overdue", "list")
    (bill,) = listed["bills"]
    assert bill.pop("due_rule").startswith("monthly, 3 calendar days; ")
    assert bill == {
        "bill": "beta:2026-10", "account": "beta", "cycle": "2026-10", "due_on": "2026-11-05", "days": 3,
        "overdue_at": "2026-11-05T16:00:00Z", "payable": {"amount": "60.00", **USD},
        "outstanding": {"amount": "60.00", **USD},
    }  # fmt: skip
    assert listed["totals"] == [
        {"currency": "USD", "bills": 1, "accounts": 1, "outstanding": {"amount": "60.00", **USD}}
    ]
    text = overdue("overdue", "list").out
    assert "beta:2026-10  2026-11-05     3    60.00 USD  overdue" in text
    assert "together 60.00 USD on 1 bill of 1 account" in text


def test_a_bill_shows_its_due_date_and_that_it_is_overdue_until_it_is_paid(overdue: Cli) -> None:
    bill = overdue.json("bills", "show", "beta:2026-10")
    assert (bill["due_on"], bill["overdue_at"]) == ("2026-11-05", "2026-11-05T16:00:00Z")
    assert "2026-11-05, overdue" in overdue("bills", "list", "--account", "beta").out
    assert "overdue      since 2026-11-06 00:00:00 +0800" in overdue("bills", "show", "beta:2026-10").out
    account = overdue.json("accounts", "show", "beta")
    assert (account["overdue"]["amount"], account["overdue_bills"], account["oldest_due_on"]) == (
        "60.00", 1, "2026-11-05",
    )  # fmt: skip
    assert "open, overdue" in overdue("accounts", "list").out
    text = overdue("accounts", "show", "beta").out
    assert "60.00 USD on 1 bill" in text
    assert "payment terms" in text
    overdue("emit", "top_up", "--account", "beta", "--amount", "60.00", "--currency", "USD", "--now")
    assert overdue.json("overdue", "list") == {"bills": [], "totals": [], "next": None}
    assert "no bill is overdue" in overdue("overdue", "list").out
    assert "paid since" in overdue("bills", "show", "beta:2026-10").out
    assert overdue.json("accounts", "show", "beta")["overdue_bills"] == 0


def test_bills_that_are_not_due_yet_are_listed_when_asked_for_and_pages_go_by_due_date(fees: Cli) -> None:
    for name, days in (("late", "20"), ("soon", "2"), ("sooner", "1")):
        data = json.dumps({"currency": "USD", "credit_control": True})
        fees("emit", "account_opened", "--account", name, "--data", data, "--now")
        fees("terms", "agree", name, "--from", "2026-10", "--days", days)
        fee = {"id": "1", "amount": "5", **USD, "product": "x", "incurred_at": "2026-10-19T00:00:00Z"}
        fees("emit", "fees", "--account", name, "--data", json.dumps({"fees": [fee]}), "--now")
    fees("clock", "set", "2026-11-05T12:00", "--run")
    assert [bill["account"] for bill in fees.json("overdue", "list")["bills"]] == ["sooner", "soon"]
    first = fees.json("overdue", "list", "--upcoming", "--limit", "2")
    assert ([bill["account"] for bill in first["bills"]], first["next"]) == (
        ["sooner", "soon"],
        "soon:2026-10",
    )
    assert first["totals"][0]["bills"] == 3
    rest = fees.json("overdue", "list", "--upcoming", "--limit", "2", "--after", first["next"])
    assert [(bill["account"], bill["days"], bill["overdue_at"]) for bill in rest["bills"]] == [
        ("late", -17, None)
    ]
    assert "no due date" in fees("overdue", "list", "--after", "beta:2026-10", code=3).err


def test_status_and_doctor_count_what_is_overdue_and_say_which_day_was_checked(overdue: Cli) -> None:
    credit = overdue.json("status", code=6)["work"]["credit"]
    assert credit == {
        "overdue_bills": 1, "overdue_accounts": 1, "low_credit_accounts": 0,
        "days_checked_until": "2026-11-07T16:00:00Z",
    }  # fmt: skip
    text = overdue("status", code=6).out
    assert "the days before 2026-11-08 are done" in text
    assert "1 of 1 account: `settle overdue list`" in text

    def check() -> Any:
        checks = overdue.json("doctor", code=6)["checks"]
        return next(check for check in checks if check["name"] == "daily check")

    assert check()["level"] == "ok"
    assert "1 bills overdue" in check()["said"]
    overdue("clock", "advance", "2d")
    assert check()["level"] == "warn"


# ----------------------------------------------------------------------------------------------- available credit
def test_available_credit_is_shown_with_its_terms_headroom_and_the_line_it_is_watched_against(
    overdue: Cli,
) -> None:
    columns, *rows = overdue("accounts", "list").out.splitlines()
    assert columns.split("  ")[0] == "account"
    beta = next(row for row in rows if row.startswith("beta")).split()
    assert beta[2:9] == ["USD", "0.00", "100.00", "0.00", "100.00", "60.00", "40.00"]
    said = overdue("accounts", "watch", "beta", "--below", "100.01").out
    assert "watched against 100.01 USD; its available credit is 100.00 USD, below it: announced" in said
    account = overdue.json("accounts", "show", "beta")
    assert (account["low_credit_line"], account["low_credit_since"]) == (
        {"amount": "100.01", **USD}, "2026-11-08T01:00:00Z",
    )  # fmt: skip
    assert "100.01 USD, below it since 2026-11-08 09:00:00 +0800" in overdue("accounts", "show", "beta").out
    assert overdue.json("status", code=6)["work"]["credit"]["low_credit_accounts"] == 1
    ended = overdue.json("accounts", "watch", "beta", "--end")
    assert (ended["low_credit_line"], ended["low_credit_since"]) == (None, None)
    assert "is not watched" in overdue("accounts", "watch", "beta", "--end").out
