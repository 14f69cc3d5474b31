"""Each kind of event: what it books, that it retries the write-off, and that a refusal leaves no trace.

Rule: R2.1, R2.3, R4.1, R7.3, R9.2, R11.1.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from settlement.errors import Refused
from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.money import MAX_MINOR
from tests.support.builders import (
    A1,
    A2,
    NOV,
    OCT,
    OCT_ISSUED,
    account,
    accruing,
    book,
    card,
    event,
    fee,
    issued,
    line,
    position,
    refund,
    snapshot,
    top_up,
    utc,
)

CARD: dict[str, Any] = {
    "card": "c-1", "amount": "50.00", "currency": "USD", "valid_from": "2026-01-01T00:00:00Z",
    "valid_until": "2028-01-01T00:00:00Z",
}  # fmt: skip


def owing(**values):
    """One account that owes 50.00 for October, all of it for ECS."""
    return snapshot(position(account(**values), bills=[issued(OCT, 5000)], lines=[line(OCT, "50")]))


@pytest.mark.parametrize(
    ("before", "command", "source"),
    [
        (owing(), top_up("50.00"), "cash"),
        (owing(), event("refund", amount="50.00", currency="USD", to="cash"), "cash"),
        (owing(credit_limit_minor=1), event("refund", amount="50.00", currency="USD", cycle="2026-10"), "refund"),
        (owing(credit_limit_minor=1), event("card_activated", **CARD), "card"),
        (
            owing(cash_minor=5000, frozen_minor=5000),
            event("account_changed", frozen_amount="0", currency="USD"),
            "cash",
        ),
        (owing(cash_minor=5000, auto_write_off_enabled=False), event("account_changed", auto_write_off=True), "cash"),
        (
            snapshot(position(account(cash_minor=5000), bills=[issued(OCT, 5000)], holds=["manual"])),
            event("account_changed", release={"reason": "manual"}),
            "cash",
        ),
        (
            snapshot(position(account(cash_minor=5000), bills=[issued(OCT, 5000), accruing(NOV, "50")])),
            event("account_changed", credit_limit="0.01", currency="USD"),
            "cash",
        ),
        (
            snapshot(
                position(
                    account(credit_limit_minor=1, credit_control=True),
                    bills=[issued(OCT, 5000)],
                    refunds=[refund(remaining=5000, cycle=NOV)],
                )
            ),
            event("account_changed", write_off_past_bills=True),
            "refund",
        ),
        (
            snapshot(position(bills=[issued(OCT, 5000)]), position(account(2, cash_minor=5000)), ties=[(2, 1)]),
            event("transfer", amount="50.00", currency="USD", from_account="acc-2"),
            "cash",
        ),
        (
            snapshot(position(account(cash_minor=5000), bills=[issued(OCT, 5000), accruing(NOV, "50")])),
            event("fees", fees=[fee("-0.01", "c-1")]),
            "cash",
        ),
    ],
    ids=[
        "top-up", "refund to cash", "credit refund", "card", "unfrozen", "switch on", "hold released", "limit raised",
        "past bills on", "transfer in", "credited fee",
    ],
)  # fmt: skip
def test_every_inflow_and_every_release_pays_the_bill_at_once(before, command, source):
    changes, after = book(before, command)
    assert after.positions[A1].bills[0].state == "settled"
    assert [row.source for row in changes.records.repayment_lines] == [source]
    assert [outcome.state for outcome in changes.outcomes] == ["done"]
    assert changes.announcements[-1].topic == "bill.settled"
    assert changes.announcements[-1].correlation_id == "corr-1000"


def test_an_account_is_opened_with_what_it_brings_along():
    opened = event("account_opened", "new", inbox_id=55, currency="KWD", name="A Ltd", credit_control=True,
                   credit_limit="10", opening_cash="1.234", auto_write_off=False)  # fmt: skip
    changes, after = book(snapshot(), opened)
    owner = after.positions[AccountId(55)].account
    assert (owner.external_id, owner.currency, owner.cash_minor) == ("new", "KWD", 1234)
    assert (owner.credit_limit_minor, owner.credit_control, owner.auto_write_off_enabled) == (
        10_000,
        True,
        False,
    )
    assert [(row.debit, row.credit, row.amount_minor) for row in changes.records.transfers] == [
        ("opening", "cash", 1234)
    ]


def test_events_for_an_account_opened_in_the_same_set_find_it():
    commands = [
        event("account_opened", "new", inbox_id=55, currency="USD"),
        top_up("5.00", "new", inbox_id=56),
    ]
    _, after = book(snapshot(), *commands)
    assert after.positions[AccountId(55)].account.cash_minor == 500


def test_a_transfer_moves_money_in_two_entries_each_local_to_its_account():
    before = snapshot(position(), position(account(2, cash_minor=9000)), ties=[(2, 1)])
    changes, after = book(before, event("transfer", amount="50.00", currency="USD", from_account="acc-2"))
    assert [(row.account_id, row.debit, row.credit) for row in changes.records.transfers] == [
        (2, "cash", "transfer_clearing"),
        (1, "transfer_clearing", "cash"),
    ]
    assert [after.positions[key].account.cash_minor for key in (A1, A2)] == [5000, 4000]


def test_after_a_transfer_a_member_with_the_switch_off_pays_nothing():
    before = snapshot(
        position(account(auto_write_off_enabled=False), bills=[issued(OCT, 5000)]),
        position(account(2, cash_minor=5000)),
        ties=[(2, 1)],
    )
    _, after = book(before, event("transfer", amount="50.00", currency="USD", from_account="acc-2"))
    assert after.positions[A1].account.cash_minor == 5000
    assert after.positions[A1].bills[0].paid_minor == 0


@pytest.mark.parametrize(
    ("cash", "limit", "frozen", "accrued", "may_send"),
    [
        (5000, 0, 0, "0", True),
        (4999, 0, 0, "0", False),
        (5000, 0, 1, "0", False),
        (5000, 0, 0, "0.01", False),
        (4999, 100_000, 0, "0", False),  # a limit is not money
        (5000, 1, 1, "0", False),  # what is frozen stays, whatever the limit
        (5001, 0, 1, "0", True),
    ],
)
def test_a_sender_parts_with_the_lesser_of_cash_and_available_credit(cash, limit, frozen, accrued, may_send):
    sender = account(2, cash_minor=cash, credit_limit_minor=limit, frozen_minor=frozen)
    before = snapshot(
        position(), position(sender, bills=[accruing(NOV, accrued, account_id=2)]), ties=[(2, 1)]
    )
    changes, _ = book(before, event("transfer", amount="50.00", currency="USD", from_account="acc-2"))
    outcome = changes.outcomes[0]
    assert (outcome.state, outcome.reason_code) == (
        ("done", None) if may_send else ("refused", "insufficient_funds")
    )


def test_a_credit_refund_is_of_the_month_it_is_booked_in_unless_it_says_otherwise():
    before = snapshot(position(bills=[issued(OCT, 5000)]))
    _, after = book(before, event("refund", amount="50.00", currency="USD"), at=utc("2026-10-31 15:59"))
    assert after.positions[A1].funds.credit_refunds[0].cycle == OCT
    _, after = book(before, event("refund", amount="50.00", currency="USD"), at=utc("2026-10-31 16:00"))
    assert after.positions[A1].funds.credit_refunds[0].cycle == NOV
    _, after = book(before, event("refund", amount="50.00", currency="USD", cycle="2025-03"))
    assert after.positions[A1].funds.credit_refunds[0].cycle == 202503


def test_fees_accrue_on_the_bill_and_line_of_their_month():
    lines = [
        fee("1.0000000001", "a"),
        fee("2", "b", product="OSS", order_id="o-1"),
        fee("4", "c", incurred_at="2026-10-31T16:00:00Z"),
        fee("-0.5", "d"),
        fee("8", "e", incurred_at="2026-10-31T15:00:00Z", ended_at="2026-10-31T17:00:00Z"),
    ]
    changes, after = book(snapshot(position()), event("fees", fees=lines), at=utc("2026-11-01 00:00"))
    assert [(bill.cycle, bill.accrued) for bill in after.positions[A1].bills] == [
        (OCT, Decimal("10.5000000001")),
        (NOV, Decimal(4)),
    ]
    held = [
        (item.cycle, item.product, item.order_id, item.single_month, item.accrued)
        for item in after.positions[A1].lines
    ]
    assert held == [
        (OCT, "ECS", "", False, Decimal(8)),
        (OCT, "ECS", "", True, Decimal("0.5000000001")),
        (OCT, "OSS", "o-1", True, Decimal(2)),
        (NOV, "ECS", "", True, Decimal(4)),
    ]
    assert not any(row.late for row in changes.bills.fees)


def test_a_late_fee_goes_to_the_month_of_arrival_marked_late_and_no_card_pays_it():
    before = snapshot(position(bills=[issued(OCT, 5000)]))
    changes, after = book(before, event("fees", fees=[fee("3")]), at=OCT_ISSUED)
    assert after.positions[A1].bills[0] == issued(OCT, 5000), "an issued bill never changes its amount"
    assert [(row.cycle, row.late) for row in changes.bills.fees] == [(NOV, True)]
    assert [item.single_month for item in after.positions[A1].lines] == [False]


def test_a_late_fee_passes_over_months_that_are_issued_too():
    before = snapshot(position(bills=[issued(OCT, 5000), issued(NOV, 100)]))
    changes, _ = book(before, event("fees", fees=[fee("3")]), at=OCT_ISSUED)
    assert [(row.cycle, row.late) for row in changes.bills.fees] == [(202612, True)]


def test_a_fee_whose_bill_a_faster_clock_has_issued_counts_as_late():
    before = snapshot(position(bills=[issued(OCT, 5000)]))
    changes, _ = book(before, event("fees", fees=[fee("3")]), at=utc("2026-11-02 03:59:59"))
    assert [(row.cycle, row.late) for row in changes.bills.fees] == [(NOV, True)]


def test_a_fee_known_already_is_not_booked_again_and_its_neighbours_are():
    _, after = book(snapshot(position()), event("fees", fees=[fee("3", "a")]), at=utc("2026-10-20 00:00"))
    again = event("fees", fees=[fee("3", "a"), fee("4", "b")], inbox_id=1001)
    changes, after = book(after, again, at=utc("2026-10-20 00:00"))
    assert [row.amount for row in changes.bills.fees] == [4]
    assert after.positions[A1].bills[0].accrued == 7


def test_the_same_fee_id_of_another_source_is_another_fee():
    commands = [
        event("fees", fees=[fee("3", "a")]),
        event("fees", fees=[fee("3", "a")], inbox_id=1001, source="other"),
    ]
    _, after = book(snapshot(position()), *commands, at=utc("2026-10-20 00:00"))
    assert after.positions[A1].bills[0].accrued == 6


REFUSALS = [
    (top_up("5.00", "nobody"), "unknown_account"),
    (top_up("5.00", currency="EUR"), "wrong_currency"),
    (event("account_opened", currency="USD"), "account_exists"),
    (event("account_changed", "nobody", auto_write_off=True), "unknown_account"),
    (event("account_changed", credit_limit="1", currency="EUR"), "wrong_currency"),
    (event("transfer", amount="5.00", currency="USD", from_account="nobody"), "unknown_account"),
    (event("transfer", "nobody", amount="5.00", currency="USD", from_account="acc-1"), "unknown_account"),
    (event("transfer", amount="5.00", currency="USD", from_account="acc-1"), "same_account"),
    (event("transfer", amount="5.00", currency="USD", from_account="acc-2"), "insufficient_funds"),
    (event("transfer", amount="5.00", currency="EUR", from_account="acc-2"), "wrong_currency"),
    (event("transfer", amount="5.00", currency="USD", from_account="acc-3"), "wrong_currency"),
    (event("transfer", amount="5.00", currency="USD", from_account="acc-4"), "account_parked"),
    (event("refund", "nobody", amount="5.00", currency="USD"), "unknown_account"),
    (event("refund", amount="5.00", currency="EUR"), "wrong_currency"),
    (event("card_activated", "nobody", **CARD), "unknown_account"),
    (event("card_activated", **(CARD | {"card": "known"})), "card_exists"),
    (event("card_activated", **(CARD | {"currency": "EUR"})), "wrong_currency"),
    (event("fees", "nobody", fees=[fee("1")]), "unknown_account"),
    (event("fees", fees=[fee("1", "ok"), fee("1", "euro", currency="EUR")]), "wrong_currency"),
    (event("fees", fees=[fee("1", "ok"), fee("2", "known")]), "reused_id"),
    (top_up(f"{MAX_MINOR // 100}.07", "acc-1"), "bad_amount"),
]


def populated():
    before = snapshot(
        position(account(1, cash_minor=1), bills=[accruing(NOV, "0")]),
        position(account(2)),
        position(account(3, currency="JPY", cash_minor=500)),
        position(account(4, cash_minor=10_000, parked_at=OCT_ISSUED)),
        ties=[(2, 1)],
    )
    known = event("fees", fees=[fee("1", "known", incurred_at="2026-11-01T00:00:00Z")], inbox_id=1)
    activated = event("card_activated", **(CARD | {"card": "known"}), inbox_id=2)
    return book(before, known, activated)[1]


@pytest.mark.parametrize(
    ("command", "code"), REFUSALS, ids=[f"{type(c).__name__}-{code}" for c, code in REFUSALS]
)
def test_a_refusal_leaves_no_trace_but_its_outcome(command, code):
    changes, _ = book(populated(), command)
    (outcome,) = changes.outcomes
    assert (outcome.inbox_id, outcome.state, outcome.reason_code) == (1000, "refused", code)
    assert outcome.reason
    assert changes == Changes(outcomes=changes.outcomes)


@pytest.mark.parametrize(
    ("command", "code"), REFUSALS, ids=[f"{type(c).__name__}-{code}" for c, code in REFUSALS]
)
def test_a_refusal_never_stops_the_others(command, code):
    changes, after = book(
        populated(), command, top_up("7.00", inbox_id=1001), top_up("8.00", "acc-2", inbox_id=1002)
    )
    assert [outcome.state for outcome in changes.outcomes] == ["refused", "done", "done"]
    assert after.positions[A1].account.cash_minor == 701
    assert after.positions[A2].account.cash_minor == 800


def test_an_event_for_a_parked_account_waits_for_its_release():
    changes, after = book(populated(), top_up("7.00", "acc-4"))
    assert (changes.outcomes[0].state, changes.outcomes[0].reason_code) == ("parked", "account_parked")
    assert after.positions[AccountId(4)].account.cash_minor == 10_000


BAD_SHAPES = [
    ("top_up", {}, "bad_shape"),
    ("top_up", {"amount": 5, "currency": "USD"}, "bad_shape"),
    ("top_up", {"amount": "5.00", "currency": "usd"}, "bad_shape"),
    ("top_up", {"amount": "5.00", "currency": "USD", "note": "x"}, "bad_shape"),
    ("top_up", {"amount": "5.001", "currency": "USD"}, "bad_amount"),
    ("top_up", {"amount": "-5.00", "currency": "USD"}, "bad_amount"),
    ("top_up", {"amount": "5.00", "currency": "XXX"}, "unknown_currency"),
    ("pay_all", {}, "unknown_type"),
    ("account_opened", {"currency": "XXX"}, "unknown_currency"),
    ("account_opened", {"currency": "USD", "credit_limit": "-1"}, "bad_amount"),
    ("account_opened", {"currency": "USD", "auto_write_off": "yes"}, "bad_shape"),
    ("account_changed", {"credit_limit": "5"}, "bad_shape"),
    ("account_changed", {"hold": {"reason": ""}}, "bad_shape"),
    ("refund", {"amount": "5", "currency": "USD", "cycle": "2026-13"}, "bad_shape"),
    ("refund", {"amount": "5", "currency": "USD", "cycle": "0001-01"}, "bad_cycle"),
    ("card_activated", CARD | {"valid_until": "2026-01-01T00:00:00Z"}, "bad_shape"),
    ("card_activated", CARD | {"valid_from": "2026-01-01T00:00:00"}, "bad_shape"),
    ("card_activated", CARD | {"valid_until": "9999-12-31T23:59:59-05:00"}, "bad_shape"),
    ("card_activated", CARD | {"products": []}, "bad_shape"),
    ("fees", {"fees": []}, "bad_shape"),
    ("fees", {"fees": [fee("1", "a"), fee("2", "a")]}, "bad_shape"),
    ("fees", {"fees": [fee("1", incurred_at="2026-10-15T00:00:00")]}, "bad_shape"),
    ("fees", {"fees": [fee("1", incurred_at="0001-01-01T00:00:00+10:00")]}, "bad_shape"),
    ("fees", {"fees": [fee("1", incurred_at="9999-12-31T00:00:00Z")]}, "bad_shape"),
    *(
        ("fees", {"fees": [fee(amount)]}, "bad_amount")
        for amount in (
            "",
            "NaN",
            "sNaN",
            "Infinity",
            "1e3",
            "0e999999",
            "1_000",
            " 1",
            "1" * 19,
            "0." + "1" * 31,
            "٣",
            "0x1",
        )
    ),
    ("fees", {"fees": [fee("1", currency="XXX")]}, "unknown_currency"),
    ("fees", {"fees": [fee("1", "a\nb")]}, "bad_shape"),
]


@pytest.mark.parametrize(("event_type", "data", "code"), BAD_SHAPES)
def test_what_has_no_proper_shape_is_refused_before_it_reaches_a_plan(event_type, data, code):
    with pytest.raises(Refused) as refusal:
        event(event_type, **data)
    assert refusal.value.code == code


def test_a_refusal_names_the_field():
    with pytest.raises(Refused, match=r"data\.amount: this field is missing"):
        event("top_up", currency="USD")


def test_a_hold_set_and_released_in_one_set_is_gone():
    commands = [
        event("account_changed", hold={"reason": "manual"}),
        event("account_changed", release={"reason": "manual"}, inbox_id=1001),
    ]
    _, after = book(snapshot(position()), *commands)
    assert after.positions[A1].holds == []


def test_a_card_activated_and_used_in_one_set_keeps_the_rest():
    _, after = book(owing(credit_limit_minor=1), event("card_activated", **(CARD | {"amount": "80.00"})))
    (activated,) = after.positions[A1].funds.cards
    assert activated == card(
        1000, 3000, external_id="c-1", valid_from=utc("2026-01-01 00:00"), valid_until=utc("2028-01-01 00:00"),
        granted_at=OCT_ISSUED,
    )  # fmt: skip


def test_what_one_event_brought_the_next_of_the_same_set_knows():
    commands = [
        event("fees", fees=[fee("3", "a")]),
        event("fees", fees=[fee("3", "a")], inbox_id=1001),
        event("fees", fees=[fee("4", "a")], inbox_id=1002),
        event("card_activated", **CARD, inbox_id=1003),
        event("card_activated", **CARD, inbox_id=1004),
        event("account_opened", "new", currency="USD", inbox_id=1005),
        event("account_opened", "new", currency="USD", inbox_id=1006),
    ]
    changes, after = book(snapshot(position()), *commands, at=utc("2026-10-20 00:00"))
    assert [outcome.reason_code for outcome in changes.outcomes] == [
        None, None, "reused_id", None, "card_exists", None, "account_exists",
    ]  # fmt: skip
    assert after.positions[A1].bills[0].accrued == 3
    assert len(after.positions[A1].funds.cards) == 1
