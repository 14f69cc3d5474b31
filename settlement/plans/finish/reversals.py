"""What a plan decided about reversals, as rows. Rule: R5.9."""

from __future__ import annotations

from dataclasses import replace

from settlement.model.rows.reversals import ChargeReversed, NewReversal, ReversalRows, ReversalValues
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.reversals import WorkingReversals


def finish_reversals(rows: ReversalRows, account: WorkingAccount, reversals: WorkingReversals) -> None:
    """The rows for what is new or was touched."""
    for no, charge in reversals.charges.items():
        if charge.reversed_minor != charge.charge.reversed_minor:
            rows.charges.append(ChargeReversed(account.id, no, charge.reversed_minor))
    for working in reversals.reversals:
        now = replace(working.booked, owed_minor=working.owed_minor)
        if working.is_new:
            rows.new.append(
                NewReversal(
                    account.id, now.reversal_no, now.gateway, now.gateway_ref, now.kind, now.attempt_no,
                    now.amount_minor, account.currency, now.state, now.funds, now.reason, now.opened_at, now.moved_at,
                    now.read_at, now.closed_at, now.taken_minor, now.owed_minor, now.steps,
                )
            )  # fmt: skip
        elif working.is_touched:
            rows.values.append(
                ReversalValues(
                    account.id, now.reversal_no, now.amount_minor, now.state, now.funds, now.reason, now.moved_at,
                    now.read_at, now.closed_at, now.taken_minor, now.owed_minor, now.steps,
                )
            )  # fmt: skip
