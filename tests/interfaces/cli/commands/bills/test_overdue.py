"""Due dates, and bills past them."""

from __future__ import annotations

import json
import re

from tests.interfaces.cli.conftest import Cli

USD = {"currency": "USD"}
# A statement of a month that is not done is provisional in another sense.
MARKED = r"\(provisional\)|; provisional: make-up days"
TERM = ("terms", "agree", "beta", "--from", "2026-10", "--days", "3")


def test_overdue_bills_are_listed_with_due_date_rule_days_and_totals(overdue: Cli) -> None:
    listed = overdue.json("overdue", "list")
    (bill,) = listed["bills"]
    assert bill.pop("due_rule").startswith("monthly, 3 calendar days; ")
    assert bill == {
        "bill": "beta:2026-10", "account": "beta", "cycle": "2026-10", "due_on": "2026-11-05", "days": 3,
        "overdue_at": "2026-11-05T16:00:00Z", "payable": {"amount": "60.00", **USD},
        "outstanding": {"amount": "60.00", **USD}, "due_provisional": False,
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
    assert "overdue      since 2026-11-06T00:00:00+08:00" in overdue("bills", "show", "beta:2026-10").out
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


def test_a_due_date_over_days_not_published_is_marked_wherever_it_is_shown(overdue: Cli) -> None:
    commands = (
        ("bills", "list"), ("bills", "show", "beta:2026-10"), ("overdue", "list"), ("accounts", "show", "beta"),
        ("statements", "show", "beta", "--cycle", "2026-10"), ("statements", "show", "beta", "--cycle", "2026-11"),
        ("explain", "beta:2026-10"),
    )  # fmt: skip
    assert not [command for command in commands if re.search(MARKED, overdue(*command).out)]
    overdue.as_owner(
        "UPDATE bill SET due_rule = 'monthly, 3 business days, CN; almanac; provisional: make-up days of CN in 2026 "
        "are not published' WHERE due_on IS NOT NULL"
    )
    for command in commands:
        assert re.search(MARKED, overdue(*command).out), command
    (row,) = overdue.json("overdue", "list")["bills"]
    bill = overdue.json("bills", "show", "beta:2026-10")
    account = overdue.json("accounts", "show", "beta")
    (rolled,) = overdue.json("statements", "show", "beta", "--cycle", "2026-11")["bills"]
    (explained,) = overdue.json("explain", "beta:2026-10")["bills"]
    assert [row["due_provisional"], bill["due_provisional"], account["oldest_due_provisional"]] == [True] * 3
    assert [rolled["due_provisional"], explained["due"]["provisional"]] == [True] * 2


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
