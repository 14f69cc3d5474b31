"""The gate of automatic write-off, and what shuts it. Rule: R4.2."""

from __future__ import annotations

from typing import Any

import pytest

from settlement.model.skip import SkipReason
from settlement.rules.credit import AvailableCredit
from settlement.rules.gate import gate_reasons, needs_available_credit

OPEN: dict[str, Any] = {
    "parked": False,
    "switch_on": True,
    "on_hold": False,
    "available": AvailableCredit(1, 0, 0),
    "needs_credit": True,
}


def test_the_gate_is_open_with_the_switch_on_no_hold_and_credit_above_zero():
    assert gate_reasons(**OPEN) == []


@pytest.mark.parametrize(
    ("closed_by", "reason"),
    [
        ({"switch_on": False}, SkipReason.SWITCH_OFF),
        ({"on_hold": True}, SkipReason.ON_HOLD),
        ({"parked": True}, SkipReason.PARKED),
        ({"available": AvailableCredit(0, 0, 0)}, SkipReason.NO_AVAILABLE_CREDIT),
        ({"available": AvailableCredit(1000, 0, 1000)}, SkipReason.NO_AVAILABLE_CREDIT),
        ({"available": AvailableCredit(1000, 0, 1001)}, SkipReason.NO_AVAILABLE_CREDIT),
    ],
)
def test_each_condition_alone_closes_the_gate(closed_by, reason):
    assert gate_reasons(**(OPEN | closed_by)) == [reason]


def test_every_reason_that_holds_is_named():
    shut = gate_reasons(
        parked=True, switch_on=False, on_hold=True, available=AvailableCredit(0, 0, 5), needs_credit=True
    )
    assert shut == [
        SkipReason.PARKED,
        SkipReason.SWITCH_OFF,
        SkipReason.ON_HOLD,
        SkipReason.NO_AVAILABLE_CREDIT,
    ]


def test_a_credit_limit_opens_the_gate():
    assert gate_reasons(**(OPEN | {"available": AvailableCredit(0, 1, 0)})) == []


def test_without_being_asked_for_credit_the_other_conditions_stay():
    shut = {"available": AvailableCredit(0, 0, 5), "needs_credit": False}
    assert gate_reasons(**(OPEN | shut)) == []
    assert gate_reasons(**(OPEN | shut | {"on_hold": True})) == [SkipReason.ON_HOLD]
    assert gate_reasons(**(OPEN | shut | {"switch_on": False})) == [SkipReason.SWITCH_OFF]


@pytest.mark.parametrize(
    ("credit_control", "method", "asked"),
    [
        (False, "bank_card", False),
        (False, "paypal", False),
        (False, "bank_transfer", True),
        (False, None, True),
        (True, "bank_card", True),
        (True, None, True),
    ],
)
def test_only_a_standard_account_that_is_charged_by_itself_is_not_asked_for_credit(
    credit_control, method, asked
):
    assert needs_available_credit(credit_control=credit_control, default_method=method) is asked
