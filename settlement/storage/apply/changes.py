"""Writes changes: COPY for new rows, UPDATE … FROM unnest for known ones, by subject and in this order.

Makes no decision. The number of statements does not depend on the number of rows. Everything in it happens in the
caller's transaction, the announcements included.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.model.changes import Changes
from settlement.storage.apply.accounts import apply_accounts, apply_holds, park
from settlement.storage.apply.bills import apply_bills
from settlement.storage.apply.charges import apply_charges
from settlement.storage.apply.credit import apply_credit
from settlement.storage.apply.funds import apply_funds
from settlement.storage.apply.methods import apply_methods
from settlement.storage.apply.outcomes import apply_outcomes
from settlement.storage.apply.payments import apply_payments
from settlement.storage.apply.plain import apply_plain
from settlement.storage.apply.plain_payments import apply_plain_payments
from settlement.storage.apply.records import append_records
from settlement.storage.apply.refunds import apply_refunds
from settlement.storage.apply.relationships import apply_relationships
from settlement.storage.apply.reversals import apply_reversals
from settlement.storage.apply.unified_settlements import apply_unified_settlements
from settlement.storage.work import outbox


def apply(tx: Connection, changes: Changes, *, at: datetime) -> None:
    """Writes everything a plan decided. `at` is the logical instant under which it is booked (UTC).

    Raises:
        Broken: a row that should change was not in the state the plan saw. Nothing may be committed.
    """
    apply_accounts(tx, changes.accounts)
    apply_bills(tx, changes.bills, at)
    apply_plain(tx, changes.plain, at)
    apply_plain_payments(tx, changes.plain_payments, at)
    apply_funds(tx, changes.funds)
    append_records(tx, changes.records)
    outbox.announce(tx, changes.announcements, at=at)
    apply_methods(tx, changes.methods, at)
    apply_charges(tx, changes.charges, at)
    apply_refunds(tx, changes.refunds, at)
    apply_reversals(tx, changes.reversals, at)
    apply_credit(tx, changes.credit, at)
    apply_relationships(tx, changes.relationships, at)
    apply_payments(tx, changes.payments, at)
    apply_unified_settlements(tx, changes.unified_settlements, at)
    apply_holds(tx, changes.accounts.holds, at)
    apply_outcomes(tx, changes.outcomes)
    park(tx, changes.parked, at)
