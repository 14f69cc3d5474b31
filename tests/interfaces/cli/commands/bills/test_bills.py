"""Bills and repayments: named ACCOUNT:YYYY-MM, figures as decimal strings, listings page by page."""

from __future__ import annotations

import pytest

from tests.interfaces.cli.conftest import Cli


@pytest.mark.usefixtures("unchanged")
def test_a_bill_is_shown_with_all_of_its_figures(issued: Cli) -> None:
    bill = issued.json("bills", "show", "acme:eu:2026-10")
    lines, repayments = bill.pop("lines"), bill.pop("repayments")
    usd = {"currency": "USD"}
    assert bill == {
        "bill": "acme:eu:2026-10",
        "account": "acme:eu",
        "cycle": "2026-10",
        "state": "settled",
        "accrued": {"amount": "30.1234567", **usd},
        "carried_in": {"amount": "0.00", **usd},
        "payable": {"amount": "30.12", **usd},
        "dropped": {"amount": "0.0034567", **usd},
        "carried_out": {"amount": "0.00", **usd},
        "paid": {"amount": "30.12", **usd},
        "outstanding": {"amount": "0.00", **usd},
        "issued_at": "2026-11-02T04:00:00Z",
        "settled_at": "2026-11-02T04:00:00Z",
        "due_on": None,
        "due_rule": None,
        "due_provisional": False,
        "overdue_at": None,
        "archive": None,
        "records_archive": None,
    }
    assert [(line["product"], line["accrued"]["amount"]) for line in lines] == [("compute", "30.1234567")]
    assert repayments == [
        {
            "repayment": "acme:eu:2026-10@close:2026-10",
            "bill": "acme:eu:2026-10",
            "cause": "close:2026-10",
            "reference": None,
            "initiator": "auto_write_off",
            "amount": {"amount": "30.12", **usd},
            "paid_at": "2026-11-02T04:00:00Z",
            "groups": {
                "coupon_deduction": {"amount": "0.00", **usd},
                "stored_value_card": {"amount": "0.00", **usd},
                "cash": {"amount": "30.12", **usd},
            },
            "lines": [
                {
                    "group": "cash",
                    "source": "cash",
                    "source_id": None,
                    "name": None,
                    "charge": None,
                    "amount": {"amount": "30.12", **usd},
                }
            ],
        }
    ]


@pytest.mark.usefixtures("unchanged")
def test_a_bill_that_accrues_has_no_payable_yet(fees: Cli) -> None:
    bill = fees.json("bills", "show", "gamma:2026-10")
    assert (bill["state"], bill["accrued"]["amount"], bill["payable"], bill["outstanding"]) == (
        "accruing",
        "1200",
        None,
        None,
    )


@pytest.mark.usefixtures("unchanged")
def test_an_account_without_that_bill_is_not_an_unknown_account(issued: Cli) -> None:
    said = issued("bills", "show", "acme:eu:2026-09", code=3).err
    assert "acme:eu has no bill of 2026-09" in said


@pytest.mark.usefixtures("unchanged")
def test_bills_are_listed_by_state_month_and_account(issued: Cli) -> None:
    assert [bill["bill"] for bill in issued.json("bills", "list")["bills"]] == [
        "acme:eu:2026-10", "beta:2026-10", "gamma:2026-10",
    ]  # fmt: skip
    assert [bill["bill"] for bill in issued.json("bills", "list", "--state", "unsettled")["bills"]] == [
        "beta:2026-10"
    ]
    assert [bill["bill"] for bill in issued.json("bills", "list", "--account", "gamma")["bills"]] == [
        "gamma:2026-10"
    ]
    assert issued.json("bills", "list", "--cycle", "2026-11") == {"bills": [], "next": None}


@pytest.mark.usefixtures("unchanged")
def test_bills_and_repayments_go_on_where_the_page_ended(issued: Cli) -> None:
    first = issued.json("bills", "list", "--limit", "2")
    assert first["next"] == "beta:2026-10"
    rest = issued.json("bills", "list", "--limit", "2", "--after", first["next"])
    assert ([bill["bill"] for bill in rest["bills"]], rest["next"]) == (["gamma:2026-10"], None)
    paid = issued.json("repayments", "list", "--limit", "1")
    assert paid["next"] == "acme:eu:2026-10@close:2026-10"
    rest = issued.json("repayments", "list", "--limit", "1", "--after", paid["next"])
    assert ([row["bill"] for row in rest["repayments"]], rest["next"]) == (["gamma:2026-10"], None)


def test_a_repayment_in_parts_shows_each_of_them(issued: Cli) -> None:
    issued("emit", "top_up", "--account", "beta", "--amount", "20.00", "--currency", "USD", "--now")
    issued("emit", "refund", "--account", "beta", "--amount", "40.00", "--currency", "USD", "--now",
           "--data", '{"cycle": "2026-10"}')  # fmt: skip
    rows = issued.json("repayments", "list", "--bill", "beta:2026-10")["repayments"]
    assert [(line["source"], line["amount"]["amount"]) for row in rows for line in row["lines"]] == [
        ("cash", "20.00"), ("refund", "40.00"),
    ]  # fmt: skip


@pytest.mark.usefixtures("unchanged")
def test_a_pipe_gets_plain_aligned_text(issued: Cli) -> None:
    lines = issued("bills", "list").out.splitlines()
    assert lines == [
        "bill             state             accrued    payable       paid  outstanding  due",
        "acme:eu:2026-10  settled    30.1234567 USD  30.12 USD  30.12 USD     0.00 USD  -",
        "beta:2026-10     unsettled       60.00 USD  60.00 USD   0.00 USD    60.00 USD  -",
        "gamma:2026-10    settled          1200 JPY   1200 JPY   1200 JPY        0 JPY  -",
    ]
