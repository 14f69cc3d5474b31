"""What does not add up in the close of a plain account is found, whatever figure is wrong, and no other is blamed.
Rule: R3.1, R11.3, R11.4.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from settlement.model.changes import Changes
from settlement.model.rows.plain import PlainClose
from settlement.model.snapshot import Snapshot
from settlement.plans.bills.issuance import plan_month_close
from settlement.proof.changes import faults_in
from tests.support.builders import (
    A1,
    NOV,
    OCT,
    OCT_ISSUED,
    POLICY,
    account,
    accruing,
    issued,
    position,
    snapshot,
)
from tests.support.plain import spelled_out


def planned() -> tuple[Snapshot, Changes]:
    """Account 1 pays 60.00 of 60.009 from 100.00, and account 2 half of 20.00."""
    before = snapshot(
        position(account(1, cash_minor=10_000), bills=[accruing(OCT, "60.009"), accruing(NOV, "1")]),
        position(account(2, cash_minor=1_000), bills=[accruing(OCT, "20", account_id=2)]),
    )
    changes = plan_month_close(
        before, cycle=OCT, cause="close", correlation_id="r", at=OCT_ISSUED, policy=POLICY
    )
    assert [(row.payable_minor, row.paid_minor) for row in changes.plain.rows] == [
        (6_000, 6_000),
        (2_000, 1_000),
    ]
    return before, changes


def test_a_sound_plan_is_sound_spelled_out_too():
    before, changes = planned()
    assert faults_in(changes, before) == {}
    assert faults_in(spelled_out(changes, before, at=OCT_ISSUED), before) == {}


@pytest.mark.parametrize(
    "values",
    [
        {"payable_minor": 5_999},
        {"payable_minor": 5_999, "paid_minor": 5_999, "cash_minor": 4_001},
        {"payable_minor": 5_999, "paid_minor": 5_999, "cash_minor": 4_001, "dropped": Decimal("0.019")},
        {"payable_minor": 6_001, "paid_minor": 6_001, "cash_minor": 3_999, "dropped": Decimal("-0.001")},
        {"dropped": Decimal("0.008")},
        {"dropped": Decimal("0.00900000000000000000000000000000001")},
        {"paid_minor": 5_999},
        {"paid_minor": 6_001, "cash_minor": 3_999},
        {"paid_minor": -1, "cash_minor": 10_001},
        {"cash_minor": 10_000},
        {"cash_minor": 3_999},
        {"currency": "EUR"},
        {"account_id": 3},
    ],
)
def test_a_wrong_figure_is_found_and_its_account_named(values: dict[str, Any]):
    before, changes = planned()
    changes.plain.rows[0] = changes.plain.rows[0]._replace(**values)
    assert list(faults_in(changes, before)) == [values.get("account_id", 1)]


def test_no_more_is_paid_than_there_is():
    before, changes = planned()
    close = changes.plain.rows[1]
    changes.plain.rows[1] = close._replace(paid_minor=1_001, cash_minor=-1)
    assert list(faults_in(changes, before)) == [2]


@pytest.mark.parametrize("kept", ["transferred_in_minor", "held_minor"])
def test_cash_that_is_kept_for_something_is_not_spent(kept: str):
    values: dict[str, Any] = {kept: 4_001}
    before, changes = planned()
    owner = before.positions[A1].account._replace(**values)
    before.positions[A1].account = owner
    assert list(faults_in(changes, before)) == [1]


def test_offsetting_faults_of_two_accounts_are_both_found():
    before, changes = planned()
    one, two = changes.plain.rows
    changes.plain.rows[:] = one._replace(paid_minor=5_999), two._replace(paid_minor=1_001)
    assert list(faults_in(changes, before)) == [1, 2]


def test_an_account_is_closed_once():
    before, changes = planned()
    changes.plain.rows.append(changes.plain.rows[0])
    assert list(faults_in(changes, before)) == [1]
    before, changes = planned()
    both = spelled_out(changes, before, at=OCT_ISSUED)
    both.plain = changes.plain
    assert sorted(faults_in(both, before)) == [1, 2]


@pytest.mark.parametrize("bills", [[], [issued(OCT, 6_000)], [accruing(NOV, "60.009")]])
def test_only_a_bill_that_accrues_is_issued(bills: list[Any]):
    before, changes = planned()
    before.positions[A1].bills = bills
    assert list(faults_in(changes, before)) == [1]


def test_a_bill_below_zero_is_issued_by_nobody_here():
    before = snapshot(position(account(1), bills=[accruing(OCT, "-1")]))
    changes = Changes()
    changes.plain.cycle = OCT
    changes.plain.rows.append(PlainClose(1, "USD", -100, Decimal(0), 0, 0, OCT_ISSUED))
    assert list(faults_in(changes, before)) == [1]
