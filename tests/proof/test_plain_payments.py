"""What does not add up in the payment of a plain bill is found, whatever figure is wrong. Rule: R9.3, R11.3, R11.4."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.rows.bills import BillPaid
from settlement.model.snapshot import Snapshot
from settlement.plans.payments.unified_settlements import plan_unified
from settlement.proof.changes import faults_in
from tests.plans.payments.test_plain import MAIN, NUMBER, RICH, listing, member
from tests.support.builders import NOV, OCT, OCT_ISSUED, POLICY, account, issued, position


def planned() -> tuple[Snapshot, Changes]:
    """Account 1 pays 5.00 each of accounts 2 and 3."""
    before = listing(RICH, member(2), member(3))
    changes = plan_unified(before, settlement_ids=[NUMBER], at=OCT_ISSUED, policy=POLICY)
    assert [tuple(row) for row in changes.plain_payments.rows] == [(2, OCT, 500), (3, OCT, 500)]
    assert faults_in(changes, before) == {}
    return before, changes


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"amount_minor": 499}, [MAIN, 2]),
        ({"amount_minor": 501}, [MAIN, 2]),
        ({"amount_minor": -500}, [MAIN, 2]),
        ({"cycle": NOV}, [2]),
        ({"account_id": 3}, [3]),
        ({"account_id": 4}, [4]),
        ({"account_id": MAIN}, [MAIN]),
    ],
)
def test_a_wrong_figure_is_found(values: dict[str, Any], found: list[int]):
    before, changes = planned()
    changes.plain_payments.rows[0] = changes.plain_payments.rows[0]._replace(**values)
    assert sorted(faults_in(changes, before)) == found


def test_offsetting_faults_of_two_accounts_are_both_found_and_nobody_else():
    before, changes = planned()
    one, two = changes.plain_payments.rows
    changes.plain_payments.rows[:] = one._replace(amount_minor=499), two._replace(amount_minor=501)
    assert sorted(faults_in(changes, before)) == [2, 3]


def test_what_members_receive_has_to_be_sent():
    before, changes = planned()
    changes.records.transfers.clear()
    assert list(faults_in(changes, before)) == [MAIN]


def test_nothing_is_received_under_another_cause_than_it_is_sent():
    before, changes = planned()
    changes.plain_payments.cause = f"unified:{NUMBER}:7"
    assert MAIN in faults_in(changes, before)


def test_a_bill_is_paid_once():
    before, changes = planned()
    changes.bills.paid.append(BillPaid(2, OCT, "settled", 500, 0, OCT_ISSUED))
    assert 2 in faults_in(changes, before)
    before, changes = planned()
    changes.plain_payments.rows.append(changes.plain_payments.rows[0])
    assert 2 in faults_in(changes, before)


@pytest.mark.parametrize(
    "values", [{"settlement_id": 7}, {"state": "paid"}, {"state": "dropped"}, {"account_id": AccountId(9)}]
)
def test_only_what_is_open_on_the_list_is_paid(values: dict[str, Any]):
    before, changes = planned()
    known = before.unified_settlements
    first, *rest = known.lines
    changed = replace(known, lines=(first._replace(**values), *rest))
    assert list(faults_in(changes, replace(before, unified_settlements=changed))) == [2]


@pytest.mark.parametrize(
    "bill",
    [
        issued(OCT, 500, 100, account_id=2),
        issued(OCT, 500, account_id=2)._replace(reserved_minor=1),
        issued(OCT, 500, account_id=2)._replace(payable_minor=None),
    ],
)
def test_a_bill_that_stood_otherwise_is_not_paid_so(bill: Any):
    before, changes = planned()
    before.positions[AccountId(2)].bills = [bill]
    assert list(faults_in(changes, before)) == [2]


def test_a_bill_of_another_currency_is_not_paid():
    before, changes = planned()
    owner = before.positions[AccountId(2)]
    owner.account = owner.account._replace(currency="EUR")
    assert list(faults_in(changes, before)) == [2]


def test_a_main_account_is_no_member_of_itself():
    main = position(account(MAIN, cash_minor=10_000), bills=[issued(OCT, 500, account_id=MAIN)])
    before = listing(main, member(2))
    changes = plan_unified(before, settlement_ids=[NUMBER], at=OCT_ISSUED, policy=POLICY)
    known = before.unified_settlements
    own = known.lines[0]._replace(account_id=MAIN)
    before = replace(before, unified_settlements=replace(known, lines=(own,)))
    changes.plain_payments.rows[0] = changes.plain_payments.rows[0]._replace(account_id=MAIN)
    assert list(faults_in(changes, before)) == [MAIN]
