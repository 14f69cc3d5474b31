"""Why a bill is unsettled: every reason, with figures, and never in disagreement with the write-off. Rule: R4.8."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from settlement.errors import NotFound
from settlement.model.policies.policy import Policy
from settlement.model.reasons import Amount, Reason, ReasonCode, RemedyEvent
from settlement.operations.inbox.drain import drain_all
from settlement.operations.reports.explanations import BillExplanation, Explanation, explain
from settlement.storage.store import Store
from tests.support.books import Books, cycle, utc
from tests.support.world import statements

# Validity of cards, seen from December: for all three months, two, one, expired, not begun.
WINDOWS = [
    ("2026-10-01", "2027-01-01"),
    ("2026-11-15", "2027-01-01"),
    ("2026-12-05", "2027-01-01"),
    ("2026-10-01", "2026-12-09"),
    ("2026-12-20", "2027-01-01"),
]


@pytest.fixture
def books(database_url: str) -> Iterator[Books]:
    store = Store(database_url)
    yield Books(store, at=utc("2026-10-05"))
    store.close()


def asked(books: Books, account: str, month: str | None = "2026-10") -> Explanation:
    return explain(
        books.store, account, None if month is None else cycle(month), at=books.at, policy=books.policy
    )


def bill(books: Books, account: str, month: str = "2026-10") -> BillExplanation:
    (only,) = asked(books, account, month).bills
    return only


def codes(explained: BillExplanation) -> list[str]:
    return [str(reason.code) for reason in explained.reasons]


def reason(explained: BillExplanation, code: ReasonCode) -> Reason:
    return next(reason for reason in explained.reasons if reason.code is code)


def sql(books: Books, statement: str, **values: Any) -> None:
    """Changes a row behind the back of the write-off, as nobody should, so that it has something left to do."""
    with books.store.transaction() as tx:
        assert tx.exec_driver_sql(statement, values).rowcount


# ------------------------------------------------------------------------------------------------ each reason
def test_a_bill_not_issued_names_the_instant(books: Books) -> None:
    books.open("a", cash="100.00")
    books.fee("a", "10.00")

    found = bill(books, "a")

    assert codes(found) == ["not_issued"]
    assert "2026-11-02T12:00:00+08:00" in found.reasons[0].sentence
    assert found.reasons[0].figures == {"issued_at": "2026-11-02T04:00:00Z"}
    assert found.outlook is not None
    assert (found.outlook.at, found.outlook.would_pay_minor) == (utc("2026-11-02T04:00"), 1000)
    assert not found.outlook.would_settle


def test_a_bill_not_issued_says_what_would_stand_in_its_way_then(books: Books) -> None:
    books.open("a", cash="4.00", auto_write_off=False)
    books.fee("a", "10.00")

    assert codes(bill(books, "a")) == ["not_issued", "switch_off", "no_funds"]


def test_a_bill_overdue_for_issue_says_so(books: Books) -> None:
    books.open("a")
    books.fee("a", "10.00")
    books.at = utc("2026-11-05")

    assert "its month close has not reached it" in bill(books, "a").reasons[0].sentence


def test_switch_off(books: Books) -> None:
    books.open("a", cash="100.00", auto_write_off=False)
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")

    assert codes(bill(books, "a")) == ["switch_off"]


def test_every_hold_is_named(books: Books) -> None:
    books.open("a", cash="100.00")
    books.event("account_changed", "a", hold={"reason": "legal", "ref": "42"})
    books.event("account_changed", "a", hold={"reason": "dispute"})
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")

    found = bill(books, "a")

    assert codes(found) == ["on_hold", "on_hold"]
    assert [item.figures["hold"] for item in found.reasons] == ["dispute", "legal"]
    assert "legal (42)" in found.reasons[1].sentence


def test_available_credit_comes_with_its_three_terms(books: Books) -> None:
    books.open("a", cash="30.00", credit_limit="5.00")
    books.event("account_changed", "a", currency="USD", frozen_amount="7.50")
    books.fee("a", "10.00")
    books.fee("a", "40.009", incurred_at="2026-11-01T00:00:00Z")
    books.until("2026-11-02T04:00")

    found = reason(bill(books, "a"), ReasonCode.NO_AVAILABLE_CREDIT)

    assert found.figures == {
        "available_credit": Amount(-1250, "USD"),
        "cash": Amount(3000, "USD"),
        "credit_limit": Amount(500, "USD"),
        "frozen": Amount(4750, "USD"),
        "frozen_accruing": Amount(4000, "USD"),
        "lacking": Amount(1251, "USD"),
    }
    # Unfreezing all of the 7.50 that an operator froze would not do.
    assert found.remedy == (
        "a top-up of 12.51 USD settles it; a higher limit of 12.51 USD opens the gate; a limit only opens the gate, it "
        "never pays"
    )
    assert found.events == (
        RemedyEvent("top_up", {"amount": "12.51", "currency": "USD"}),
        RemedyEvent("account_changed", {"credit_limit": "17.51", "currency": "USD"}),
    )


def test_parked(books: Books) -> None:
    books.open("a", cash="100.00", auto_write_off=False)
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    sql(books, "UPDATE account SET parked_at = '2026-11-03', parked_reason = 'odd'")

    found = asked(books, "a")

    assert codes(found.bills[0]) == ["parked", "switch_off"]
    assert found.position.account.parked_reason == "odd"


def test_a_card_activated_when_its_last_month_is_over_names_that(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    october = {"valid_from": "2026-09-30T16:00:00Z", "valid_until": "2026-10-31T16:00:00Z"}
    books.event("card_activated", "a", card="gift", amount="50.00", currency="USD", **october)
    found = bill(books, "a")
    assert codes(found) == ["card_not_usable", "no_funds"]
    assert found.reasons[0].figures["clause"] == "not_valid_now"


def test_a_card_names_that_what_it_fits_is_paid_as_far_as_it_goes(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    card = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z", "products": ["ECS"]}
    books.event("card_activated", "a", card="gift", amount="50.00", currency="USD", **card)
    books.fee("a", "0.005", product="ECS")
    books.fee("a", "0.006", product="OSS")
    books.until("2026-11-02T04:00")
    found = bill(books, "a")
    assert codes(found) == ["card_not_usable", "no_funds"]
    assert found.reasons[0].figures["clause"] == "scope_paid"
    assert "card gift with 50.00 USD cannot pay 0.01 USD of it" in found.reasons[0].sentence


def test_a_refund_that_its_own_later_bill_would_use_up_is_named(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    books.event("account_changed", "a", hold={"reason": "manual"})
    books.fee("a", "5.00", incurred_at="2026-11-10T00:00:00Z")
    books.event("refund", "a", amount="5.00", currency="USD", cycle="2026-11")
    books.until("2026-12-02T04:00")
    found = bill(books, "a", "2026-10")
    assert "refund_not_eligible" in codes(found)


def test_what_the_next_write_off_pays_shuts_the_gate_for_the_rest_and_explain_says_so(books: Books) -> None:
    books.open("a")
    books.event("account_changed", "a", hold={"reason": "manual"})
    books.fee("a", "100.00")
    books.until("2026-11-02T04:00")
    books.event("top_up", "a", amount="60.00", currency="USD")
    books.fee("a", "50.00", incurred_at="2026-11-03T00:00:00Z")
    sql(books, "DELETE FROM write_off_hold")
    found = bill(books, "a")
    (shut,) = [reason for reason in found.reasons if reason.code == "no_available_credit"]
    assert "what the next write-off pays brings available credit to -50.00 USD" in shut.sentence


@pytest.mark.parametrize(
    ("card", "fee", "clause"),
    [
        ({"valid_from": "2026-12-01T00:00:00Z"}, {}, "not_valid_now"),
        ({"valid_from": "2026-11-01T00:00:00Z"}, {}, "not_valid_in_month"),
        ({"products": ["OSS", "RDS"]}, {}, "out_of_scope"),
        ({}, {"ended_at": "2026-11-03T00:00:00Z"}, "spans_months"),
        ({"orders": ["o-1"]}, {"order_id": "o-2"}, "not_named_for_order"),
    ],
)
def test_a_card_names_the_clause_it_fails(
    books: Books, card: dict[str, Any], fee: dict[str, Any], clause: str
) -> None:
    books.open("a", credit_limit="100.00")
    books.event(
        "card_activated", "a", card="gift", amount="50.00", currency="USD",
        **({"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"} | card),
    )  # fmt: skip
    books.fee("a", "10.00", **fee)
    books.until("2026-11-02T04:00")

    found = bill(books, "a")

    assert codes(found) == ["card_not_usable", "no_funds"]
    assert found.reasons[0].figures == {
        "card": "gift", "balance": Amount(5000, "USD"), "clause": clause, "lines": Amount(1000, "USD"),
    }  # fmt: skip


def test_a_card_that_pays_some_lines_is_named_for_the_others(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    books.event(
        "card_activated", "a", card="gift", amount="50.00", currency="USD", products=["OSS"],
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-01-01T00:00:00Z",
    )  # fmt: skip
    books.fee("a", "10.00", product="OSS")
    books.fee("a", "3.00", product="ECS")
    books.until("2026-11-02T04:00")

    found = bill(books, "a")

    assert codes(found) == ["card_not_usable", "no_funds"]
    assert found.reasons[0].figures["balance"] == Amount(4000, "USD")
    assert found.reasons[0].figures["lines"] == Amount(300, "USD")
    assert [(row.source, row.fund, row.amount_minor) for row in found.payments] == [("card", "gift", 1000)]


def test_a_refund_of_a_later_month_is_not_eligible(books: Books) -> None:
    books.open("a", credit_limit="100.00", credit_control=True)
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    books.event("refund", "a", amount="8.00", currency="USD", cycle="2026-11")

    found = bill(books, "a")

    assert codes(found) == ["credit_control", "refund_not_eligible", "no_funds"]
    assert found.reasons[1].figures["balance"] == Amount(800, "USD")
    assert "write_off_past_bills" in found.reasons[1].remedy


def test_with_partial_payment_forbidden_the_first_bill_stops_the_rest(books: Books) -> None:
    books.policy = Policy(partial_write_off=False)
    books.open("a", cash="9.00")
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    books.fee("a", "2.00")
    books.until("2026-12-02T04:00")

    october, november = asked(books, "a", None).bills

    assert codes(october) == ["partial_not_allowed", "no_funds"]
    assert reason(october, ReasonCode.PARTIAL_NOT_ALLOWED).figures["missing"] == Amount(100, "USD")
    assert reason(november, ReasonCode.PARTIAL_NOT_ALLOWED).figures["bill"] == "2026-10"


def test_a_bill_that_could_be_paid_waits_for_the_one_before_it(books: Books) -> None:
    books.policy = Policy(partial_write_off=False)
    books.open("a", credit_limit="100.00")
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    books.fee("a", "2.00")
    books.event("refund", "a", amount="5.00", currency="USD", cycle="2026-11")
    books.until("2026-12-02T04:00")

    assert codes(bill(books, "a", "2026-11")) == ["partial_not_allowed"]


def test_no_funds_says_which_top_up_settles_the_bill(books: Books) -> None:
    books.open("a", cash="1.00", credit_limit="100.00")
    books.event("account_changed", "a", currency="USD", frozen_amount="5.00")
    for month, close in (("2026-10-10", "2026-11-02T04:00"), ("2026-11-10", "2026-12-02T04:00")):
        books.at = utc(month)
        books.fee("a", "10.00")
        books.until(close)

    found = reason(bill(books, "a", "2026-11"), ReasonCode.NO_FUNDS)
    assert found.remedy == "a top-up of 24.00 USD settles it"
    assert found.figures["top_up_needed"] == Amount(2400, "USD")
    assert found.figures["missing_for_earlier_bills"] == Amount(1000, "USD")

    books.event("top_up", "a", amount="23.99", currency="USD")
    assert codes(bill(books, "a", "2026-11")) == ["no_funds"]
    books.event("top_up", "a", amount="0.01", currency="USD")
    assert bill(books, "a", "2026-11").bill.state == "settled"


def test_a_bill_of_an_account_on_credit_control_says_when_it_is_due_and_by_which_rule(books: Books) -> None:
    books.open("a", credit_limit="100.00", credit_control=True)
    books.event("payment_term_agreed", "a", from_cycle="2026-01", period_days=10)
    books.fee("a", "10.00")

    rule = "monthly, 10 calendar days; weekdays"
    found = reason(bill(books, "a"), ReasonCode.CREDIT_CONTROL)
    assert found.figures == {"due_on": "2026-11-12", "due_rule": rule, "state": "due", "days": "10"}
    books.until("2026-11-12T15:59")
    assert "is due by the end of 2026-11-12, today" in bill(books, "a").reasons[0].sentence
    books.until("2026-11-14T00:00")

    explained = bill(books, "a")
    assert codes(explained) == ["credit_control", "no_funds"]
    assert explained.reasons[0].figures == {
        "due_on": "2026-11-12", "due_rule": rule, "state": "overdue", "overdue_since": "2026-11-13", "days": "2",
    }  # fmt: skip
    assert "and is overdue since 2026-11-13, 2 days" in explained.reasons[0].sentence
    assert explained.dates is not None
    assert explained.dates.overdue_at == utc("2026-11-12T16:00")
    position = asked(books, "a").position
    assert (position.overdue_bills, position.overdue_minor) == (1, 1000)


def test_a_contract_without_a_term_for_the_month_gives_no_due_date(books: Books) -> None:
    books.open("a", credit_limit="100.00", credit_control=True)
    books.event("payment_term_agreed", "a", from_cycle="2026-11", period_days=10)
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")

    found = reason(bill(books, "a"), ReasonCode.CREDIT_CONTROL)
    assert "no payment term of its contract holds for this bill" in found.sentence
    assert found.figures == {}


@pytest.mark.parametrize(
    ("granted", "valid", "why", "remedy"),
    [
        (
            "2026-11-05",
            ("2026-10-01", "2027-10-01"),
            "granted at 2026-11-05",
            "the one of 2026-11, if there is one",
        ),
        (
            "2026-10-06",
            ("2026-11-03", "2027-10-01"),
            "valid from 2026-11-03",
            "the one of 2026-11, if there is one",
        ),
        (
            "2026-10-06",
            ("2026-12-02T04:00", "2027-10-01"),
            "valid from 2026-12",
            "the one of 2026-11, if there is one",
        ),
        (
            "2026-10-06",
            ("2026-12-02T04:01", "2027-10-01"),
            "valid from 2026-12",
            "the one of 2026-12, if there is one",
        ),
        (
            "2026-10-06",
            ("2026-11-03", "2026-11-20"),
            "valid from 2026-11-03",
            "no further bill is issued while",
        ),
    ],
)
def test_a_coupon_says_why_it_did_not_come_off(
    books: Books, granted: str, valid: tuple[str, str], why: str, remedy: str
) -> None:
    def grant() -> None:
        books.event(
            "coupon_granted", "a", coupon="off", kind="amount_off", amount="5.00", currency="USD",
            valid_from=utc(valid[0]).isoformat(), valid_until=utc(valid[1]).isoformat(),
        )  # fmt: skip

    books.open("a", credit_limit="100.00")
    books.fee("a", "10.00")
    if granted < "2026-11-02":
        grant()
    books.until("2026-11-05")
    if granted > "2026-11-02":
        grant()

    found = reason(bill(books, "a"), ReasonCode.COUPON_NOT_USABLE)
    assert "here at 2026-11-02T12:00:00+08:00" in found.sentence
    assert why in found.sentence
    assert remedy in found.remedy
    assert found.figures == {
        "coupon": "off", "balance": Amount(500, "USD"), "issued_at": "2026-11-02T04:00:00Z",
    }  # fmt: skip


def test_before_issuance_it_is_told_what_coupons_will_take_off(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    for name, until in (("short", "2026-11-01"), ("long", "2027-01-01")):
        books.event(
            "coupon_granted", "a", coupon=name, kind="amount_off", amount="5.00", currency="USD",
            valid_from="2026-10-01T00:00:00Z", valid_until=f"{until}T00:00:00Z",
        )  # fmt: skip
    books.fee("a", "12.00")

    found = bill(books, "a")
    assert found.outlook is not None
    assert (found.outlook.coupons_minor, found.outlook.would_pay_minor) == (500, 0)
    assert codes(found) == ["not_issued", "coupon_not_usable", "no_funds"]
    assert found.reasons[1].figures["coupon"] == "short"
    assert reason(found, ReasonCode.NO_FUNDS).figures["missing"] == Amount(700, "USD")


def test_a_bill_whose_close_is_late_is_paid_by_a_card_that_was_good_at_its_instant(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    books.event(
        "card_activated", "a", card="gift", amount="50.00", currency="USD",
        valid_from="2026-10-01T00:00:00Z", valid_until="2026-11-02T05:00:00Z",
    )  # fmt: skip
    books.fee("a", "10.00")
    books.at = utc("2026-11-09")

    found = bill(books, "a")
    assert codes(found) == ["not_issued"]
    assert found.outlook is not None
    assert (found.outlook.at, found.outlook.would_pay_minor) == (utc("2026-11-02T04:00"), 1000)
    books.until("2026-11-09")
    assert bill(books, "a").bill.state == "settled"


def test_a_card_that_begins_after_the_month_is_no_matter_of_waiting(books: Books) -> None:
    books.open("a", credit_limit="100.00")
    books.event(
        "card_activated", "a", card="gift", amount="50.00", currency="USD",
        valid_from="2026-12-01T00:00:00Z", valid_until="2027-12-01T00:00:00Z",
    )  # fmt: skip
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")

    found = reason(bill(books, "a"), ReasonCode.CARD_NOT_USABLE)
    assert "valid from 2026-12-01T08:00:00+08:00 on, after 2026-10" in found.sentence
    assert found.remedy == "a card that fits, or another fund"
    books.until("2026-12-02T04:00")
    assert bill(books, "a").bill.state == "unsettled"


def test_with_the_gate_shut_and_money_missing_the_top_up_does_for_both(books: Books) -> None:
    books.open("a", cash="5.00", auto_write_off=False)
    books.fee("a", "10.00")
    books.fee("a", "30.00", incurred_at="2026-11-01T00:00:00Z")
    books.until("2026-11-02T04:00")

    found = bill(books, "a")
    assert codes(found) == ["switch_off", "no_available_credit", "no_funds"]
    assert found.reasons[1].remedy == (
        "a top-up of 25.01 USD opens the gate, and so does a higher limit of 25.01 USD; a limit only opens the gate, "
        "it never pays"
    )
    assert found.reasons[2].remedy == "a top-up of 25.01 USD settles it once what is said above has changed"
    books.event("account_changed", "a", auto_write_off=True)
    found = bill(books, "a")
    assert found.outlook is not None
    assert found.outlook.top_up_minor == 2501
    books.event("top_up", "a", amount="25.00", currency="USD")
    assert bill(books, "a").bill.paid_minor == 0
    books.event("top_up", "a", amount="0.01", currency="USD")
    assert bill(books, "a").bill.state == "settled"


def test_frozen_cash_that_would_do_is_named(books: Books) -> None:
    books.open("a", cash="12.00", credit_limit="100.00")
    books.event("account_changed", "a", currency="USD", frozen_amount="9.00")
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")

    found = reason(bill(books, "a"), ReasonCode.NO_FUNDS)
    assert found.remedy == "a top-up of 7.00 USD settles it; unfreezing 7.00 USD does as well"
    assert found.events[1] == RemedyEvent("account_changed", {"currency": "USD", "frozen_amount": "2.00"})
    books.event(*found.events[1][:1], "a", **found.events[1].data)
    assert bill(books, "a").bill.state == "settled"


def test_many_bills_are_explained_with_as_many_statements_as_one(books: Books) -> None:
    counts = []
    for months in (1, 12):
        name = f"a{months}"
        books.at = utc("2026-10-05")
        books.open(name)
        for month in range(months):
            year, number = divmod(2025 * 12 + 9 + month, 12)
            books.fee(name, "1.00", incurred_at=f"{year}-{number + 1:02d}-10T00:00:00Z")
        with statements(books.store) as sent:
            asked(books, name, None)
        counts.append(len(sent))
    assert counts[0] == counts[1]


# ------------------------------------------------------------------------------------------------ the rest of the story
def test_a_settled_bill_tells_what_it_is_made_of_and_what_paid_it(books: Books) -> None:
    books.open("a", cash="6.00")
    books.fee("a", "-5.00", product="discount")
    books.fee("a", "1.00")
    books.until("2026-11-02T04:00")
    books.fee("a", "20.005", product="OSS")
    books.fee("a", "3.00", incurred_at="2026-10-20T00:00:00Z")
    books.until("2026-12-02T04:00")
    books.event("top_up", "a", amount="50.00", currency="USD")

    found = bill(books, "a", "2026-11")

    assert (found.bill.state, found.reasons, found.outlook) == ("settled", (), None)
    assert found.bill.carried_in == Decimal("-4.00")
    assert found.bill.dropped == Decimal("0.005")
    assert [
        (row.product, row.fees, row.amount, row.late_fees, row.late_amount) for row in found.products
    ] == [
        ("OSS", 1, Decimal("20.005"), 0, Decimal(0)),
        ("ECS", 1, Decimal("3.00"), 1, Decimal("3.00")),
    ]
    by_close, by_event = found.payments
    assert (by_close.source, by_close.amount_minor, by_close.cause, by_close.event) == (
        "cash",
        600,
        "close:2026-11",
        None,
    )
    assert by_event.amount_minor == 1300
    assert by_event.event is not None
    assert (by_event.event.type, by_event.event.source) == ("top_up", "books")
    assert by_event.cause == f"event:{by_event.event.inbox_id}"


def test_an_account_is_explained_with_all_that_is_open(books: Books) -> None:
    books.open("a", credit_limit="1.00")
    books.fee("a", "10.00")
    books.until("2026-11-02T04:00")
    books.fee("a", "3.00")

    found = asked(books, "a", None)

    assert [item.bill.cycle for item in found.bills] == [202610, 202611]
    assert found.position.available.minor == -200
    assert found.position.headroom_minor == -1200
    assert [str(item.code) for item in found.position.gate] == ["no_available_credit"]


@pytest.mark.parametrize(("account", "month"), [("nobody", None), ("nobody", "2026-10"), ("a", "2026-09")])
def test_what_does_not_exist_is_not_found(books: Books, account: str, month: str | None) -> None:
    books.open("a")

    with pytest.raises(NotFound):
        asked(books, account, month)


# ------------------------------------------------------------------------------------------------ never in disagreement
@pytest.mark.parametrize(("seed", "partial"), [(1, True), (3, False)])
def test_explain_and_write_off_never_disagree(books: Books, seed: int, partial: bool) -> None:
    """No reason: the next write-off settles the bill. A reason: it does not. Plans alone, with everything there is,
    are asked in tests/plans/explain/test_reasons.py; here it is the database's own rows.
    """
    chance = random.Random(seed)
    names = [f"acc-{number}" for number in range(40)]
    _random_accounts(books, names, chance)
    books.policy = Policy(partial_write_off=partial)
    _behind_its_back(books, names, chance)

    before = {name: asked(books, name, None).bills for name in names}
    for name in names:
        books.send("account_changed", name)
    books.receive()
    # The events of parked accounts are set aside.
    drain_all(books.store, clock=lambda: books.at, policy=books.policy)
    after = {
        (item.bill.account, item.bill.cycle): item.bill
        for name in names
        for item in asked(books, name, None).bills
    }

    told = [(name, item) for name in names for item in before[name]]
    settled = [item for _, item in told if not item.reasons]
    assert settled
    seen = {code for _, item in told for code in codes(item)}
    # Charges have their own stories (tests/scenarios/collection/test_collection.py, test_chargeable.py).
    left_out = {
        ReasonCode.CHARGE_IN_FLIGHT,
        ReasonCode.BELOW_MINIMUM,
        ReasonCode.UNIFIED_SETTLEMENT,
        ReasonCode.MANUAL_PAYMENT,
    } | ({ReasonCode.PARTIAL_NOT_ALLOWED} if partial else set())
    assert seen >= set(ReasonCode) - left_out
    for name, item in told:
        key = (name, item.bill.cycle)
        assert (key not in after) == (not item.reasons), (key, codes(item))
        assert item.outlook is not None
        assert item.outlook.would_settle == (not item.reasons)
        if key in after and item.bill.state == "unsettled":
            assert after[key].paid_minor - item.bill.paid_minor == item.outlook.would_pay_minor


def _random_accounts(books: Books, names: list[str], chance: random.Random) -> None:
    """Bills of two months, issued while a hold kept all of them unpaid, a third one accruing, funds of every kind."""
    for name in names:
        books.send(
            "account_opened", name, currency="USD", opening_cash=f"{chance.choice([0, 5, 20, 60])}.00",
            credit_limit=f"{chance.choice([0, 50])}", credit_control=chance.random() < 0.5,
            write_off_past_bills=chance.random() < 0.5,
        )  # fmt: skip
        books.send("account_changed", name, hold={"reason": "building"})
        if chance.random() < 0.4:
            card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
            books.send("payment_method_added", name, **card)
    for month, close in (("2026-10-10", "2026-11-02T04:00"), ("2026-11-10", "2026-12-02T04:00")):
        _random_fees(books, names, chance, month)
        books.until(close)
    _random_fees(books, names, chance, "2026-12-10")
    for name in names:
        _random_funds(books, name, chance)
    books.drain()


def _random_fees(books: Books, names: list[str], chance: random.Random, day: str) -> None:
    books.at = utc(day)
    for name in names:
        for product in chance.sample(["ECS", "OSS", "RDS"], chance.randint(0, 2)):
            amount = f"{chance.choice([-2, 1, 8, 15])}.{chance.randint(0, 9999):04d}"
            fee = {
                "id": f"{chance.random()}",
                "amount": amount,
                "currency": "USD",
                "product": product,
                "incurred_at": day,
            }
            books.send("fees", name, fees=[fee | {"incurred_at": books.at.isoformat()}])
    books.drain()


def _random_funds(books: Books, name: str, chance: random.Random) -> None:
    if chance.random() < 0.5:
        valid_from, valid_until = chance.choice(WINDOWS)
        scope = chance.choice([{}, {"products": ["ECS"]}, {"products": ["OSS", "RDS"]}, {"orders": ["o-1"]}])
        books.send(
            "card_activated", name, card="gift", amount=f"{chance.choice([5, 50])}.00", currency="USD",
            valid_from=f"{valid_from}T00:00:00Z", valid_until=f"{valid_until}T00:00:00Z", **scope,
        )  # fmt: skip
    if chance.random() < 0.4:
        month = chance.choice(["2026-10", "2026-11", "2026-12"])
        books.send("refund", name, amount=f"{chance.choice([3, 30])}.00", currency="USD", cycle=month)
    if chance.random() < 0.2:
        books.send("account_changed", name, currency="USD", frozen_amount="10.00")
    if chance.random() < 0.3:
        books.send(
            "coupon_granted", name, coupon="off", kind=chance.choice(["amount_off", "single_use"]), amount="4.00",
            currency="USD", valid_from="2026-10-01T00:00:00Z", valid_until="2027-06-01T00:00:00Z",
        )  # fmt: skip


def _behind_its_back(books: Books, names: list[str], chance: random.Random) -> None:
    """Most holds go, some switches are turned off, one account in twenty is parked, and no write-off hears of it."""
    ids = "account_id IN (SELECT id FROM account WHERE external_id = ANY(%(names)s))"
    sql(books, f"DELETE FROM write_off_hold WHERE {ids}", names=chance.sample(names, len(names) * 4 // 5))
    switch_off = "UPDATE account SET auto_write_off_enabled = false WHERE external_id = ANY(%(names)s)"
    sql(books, switch_off, names=chance.sample(names, len(names) // 5))
    park = "UPDATE account SET parked_at = now(), parked_reason = 'odd' WHERE external_id = ANY(%(names)s)"
    sql(books, park, names=chance.sample(names, len(names) // 20))
