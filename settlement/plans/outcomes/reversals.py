"""Books what gateways show of refunds and disputes that they made by themselves. Rule: R5.9.

What counts is the object as it is: the money that is gone because of it is taken back of the payment, and brought back
when it came back. Shown twice, late or out of order, it moves nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from settlement.model.changes import Changes
from settlement.model.gateway.booked_reversals import NOT_FINAL, BookedReversal, ReversalResponse
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.reversals import announce_reversal
from settlement.plans.charges.inflow import resume
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingAttempt, WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.reversals import WorkingReversal, WorkingReversals
from settlement.plans.finish.changes import finish
from settlement.plans.outcomes.charges import end_uncharged
from settlement.plans.outcomes.taken_back import Movement
from settlement.plans.write_off.write_off import write_off
from settlement.rules.reconciliation import gone_minor


def plan_reversals(
    snapshot: Snapshot, *, responses: Sequence[ReversalResponse], at: datetime, policy: Policy
) -> Changes:
    """Books each response under the instant `at` (UTC).

    Those about parked accounts, about charges that have not succeeded here, or in another currency than the account's
    are left: the comparison with the gateway's books lists them until they can be booked.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    for response in responses:
        account = draft.accounts.get(response.account_id)  # type: ignore[call-overload]
        if account is None or account.parked or account.charges is None or account.reversals is None:
            continue
        attempt = account.charges.attempt(response.attempt_no)
        is_ours = attempt is not None and response.attempt_no in account.reversals.charges
        if attempt is not None and is_ours and response.reversal.currency == account.currency:
            _Booking(draft, account, account.charges, account.reversals, attempt, response).book()
    return finish(draft)


class _Booking:
    """One response about one charge of one account."""

    def __init__(
        self,
        draft: Draft,
        account: WorkingAccount,
        charges: WorkingCharges,
        reversals: WorkingReversals,
        attempt: WorkingAttempt,
        response: ReversalResponse,
    ) -> None:
        self.draft, self.account, self.charges, self.reversals = draft, account, charges, reversals
        self.attempt, self.reversal, self.read_at = attempt, response.reversal, response.read_at

    def book(self) -> None:
        """What is known, then the money, then what follows from the end of a dispute."""
        reversal = self.reversal
        working = self.reversals.find(reversal.gateway, reversal.gateway_ref) or self._new()
        before = working.booked
        if before.read_at > self.read_at:
            return
        was_open = before.is_open and not working.is_new
        working.booked = self._known(before)
        working.is_touched = True
        if reversal.kind == "dispute" and working.is_new:
            announce_reversal(self.draft, self.account, self.attempt.attempt, working, "dispute.opened")
        if reversal.is_open and not was_open:
            self._pause(+1)
        moved = self._move(working, gone_minor(reversal) - before.taken_minor)
        if reversal.kind == "dispute" and not reversal.is_open and (was_open or working.is_new):
            announce_reversal(self.draft, self.account, self.attempt.attempt, working, "dispute.closed")
        if was_open and not reversal.is_open:
            self._pause(-1)
        self._follow(working, moved=moved, has_ended=was_open and not reversal.is_open)

    def _new(self) -> WorkingReversal:
        reversal = self.reversal
        booked = BookedReversal(
            self.account.id, self.reversals.next_no(), reversal.gateway, reversal.gateway_ref, reversal.kind,
            self.attempt.attempt.attempt_no, reversal.amount_minor, reversal.state, reversal.funds, reversal.reason,
            reversal.opened_at, reversal.moved_at, self.read_at, None, 0, 0, 0,
        )  # fmt: skip
        working = WorkingReversal(booked, is_new=True)
        self.reversals.reversals.append(working)
        return working

    def _known(self, before: BookedReversal) -> BookedReversal:
        reversal = self.reversal
        return replace(
            before,
            amount_minor=reversal.amount_minor,
            state=reversal.state,
            funds=reversal.funds,
            reason=reversal.reason or before.reason,
            moved_at=reversal.moved_at or before.moved_at,
            read_at=self.read_at,
            closed_at=None if reversal.state in NOT_FINAL else before.closed_at or self.draft.at,
        )

    def _pause(self, disputes: int) -> None:
        """While a dispute is open its method is not charged by itself; what waits to be sent is not sent. R5.9e."""
        token = self.attempt.attempt.token
        for method in self.charges.methods:
            if method.method.token == token:
                method.disputes += disputes
        waits = self.charges.in_flight
        if (
            disputes > 0
            and waits is not None
            and waits.state == "waiting"
            and waits.attempt.token == token
            and waits.attempt.reason != "manual"
        ):
            end_uncharged(self.draft, self.account, waits, code="method_paused")

    def _move(self, working: WorkingReversal, change: int) -> bool:
        """Takes back more, or brings back, so that as much is taken as the gateway shows. True where that is any."""
        if not change:
            return False
        booked = working.booked
        working.booked = replace(booked, taken_minor=booked.taken_minor + change, steps=booked.steps + 1)
        movement = Movement(
            self.draft, self.account, self.charges, self.reversals, self.attempt.attempt, working
        )
        if change > 0:
            movement.take_back(change)
        else:
            movement.bring_back(-change)
        return True

    def _follow(self, working: WorkingReversal, *, moved: bool, has_ended: bool) -> None:
        """Funds pay what is owed again, or what came back pays other bills. Nothing is charged because of a reversal;
        a dispute that ended and was not lost lets the method go on.
        """
        if not moved and not has_ended:
            return
        cause = f"reversal:{working.booked.reversal_no}:{working.booked.steps}:rest"
        correlation_id = f"charge:{self.attempt.attempt.reference}"
        if has_ended and self.reversal.state != "lost":
            resume(self.draft, self.account, cause=cause, correlation_id=correlation_id)
        else:
            write_off(self.draft, self.account, cause=cause, correlation_id=correlation_id)
