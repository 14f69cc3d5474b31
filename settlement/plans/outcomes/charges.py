"""Books what gateways reported about charge attempts. Rule: R5.2c, R5.4, R5.5.

Whatever is reported twice, late or out of order: an attempt that has succeeded stays so, and money that turns out to
have been taken after all is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from settlement.model.changes import Changes
from settlement.model.gateway.charges import (
    AMOUNT_REFUSED,
    IN_FLIGHT,
    AmountRefused,
    AttemptState,
    ChargeOutcome,
    ChargeResponse,
    Declined,
    NotFound,
    Succeeded,
    TryLater,
)
from settlement.model.policies.policy import Policy
from settlement.model.rows.charges import AttemptValues
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.charges import announce_charge
from settlement.plans.charges.after_charge import missed_sweep, resume_after_charge
from settlement.plans.charges.attempts import end_unsent, is_given_up
from settlement.plans.charges.collection import collect_outstanding, collect_owed_try, pay_with_line
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingAttempt, WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.outcomes.charges_in_flight import keep_in_flight
from settlement.plans.payments.payments import fail_payment, pay_balance_part, succeed_payment
from settlement.plans.write_off.write_off import write_off
from settlement.rules.dunning import next_try_at


def plan_charge_outcomes(
    snapshot: Snapshot, *, responses: Sequence[ChargeResponse], at: datetime, policy: Policy
) -> Changes:
    """Books each response under the instant `at` (UTC) and goes on collecting where something is still owed.

    Responses about parked accounts are left: the attempt stays in doubt and is inquired about again.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    for response in responses:
        account = draft.accounts.get(response.account_id)  # type: ignore[call-overload]
        if account is None or account.parked or account.charges is None:
            continue
        attempt = account.charges.attempt(response.attempt_no)
        if attempt is not None:
            _book(draft, account, account.charges, attempt, response.outcome)
    changes = finish(draft)
    # Of several answers about one attempt the last that counted is what remains.
    changes.charges.attempts = list(
        {(row.account_id, row.attempt_no): row for row in changes.charges.attempts}.values()
    )
    return changes


def _book(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    working: WorkingAttempt,
    outcome: ChargeOutcome,
) -> None:
    if isinstance(outcome, Succeeded):
        if working.state != "succeeded":
            _succeed(draft, account, charges, working, outcome)
        return
    if working.state not in IN_FLIGHT:
        return
    if working.attempt.reason == "manual" and isinstance(outcome, (Declined, NotFound, AmountRefused)):
        _refuse_manual(draft, account, working, outcome)
        return
    match outcome:
        case Declined():
            _decline(draft, account, charges, working, outcome)
        case NotFound():
            end_uncharged(draft, account, working, code="not_found")
        case TryLater() if working.state == "sent" and is_given_up(account, working):
            # Nothing was charged, and nobody waits for it any more: it is not sent again.
            end_uncharged(draft, account, working, code="given_up")
        case _:
            keep_in_flight(draft, account, working, outcome)


def end_uncharged(draft: Draft, account: WorkingAccount, working: WorkingAttempt, *, code: str) -> None:
    """Ends a charge that surely was not and will not be made; what it was for is owed again."""
    if working.attempt.reason == "manual":
        end_unsent(draft, account, working, code=code)
        fail_payment(draft, account, working.attempt.attempt_no, code)
        _resume(draft, account, working, cause="refused")
        return
    _end(draft, account, working, "not_charged", code=code)
    _collect_anew(draft, account, working)


def _succeed(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    working: WorkingAttempt,
    outcome: Succeeded,
) -> None:
    """Money from outside: to the bills it was for, held for those not issued yet, the rest to the cash balance."""
    attempt = working.attempt
    no = attempt.attempt_no
    was_in_flight = working.state in IN_FLIGHT
    balance_part = succeed_payment(draft, account, no)
    _end(draft, account, working, "succeeded", ref=outcome.gateway_ref, charged_minor=outcome.amount_minor)
    draft.transfer(account, ("gateway_clearing", 0), ("collected", no), outcome.amount_minor, f"charge:{no}")
    left = outcome.amount_minor
    correlation_id = f"charge:{attempt.reference}"
    for line in [line for line in charges.lines if line.line.attempt_no == no]:
        part = min(left, line.line.amount_minor)
        left -= part
        line.remaining_minor = part
        line.is_touched = True
        bill = account.bill(line.line.cycle)
        # A bill that is not loaded is settled; one that still accrues leaves the money where it is until it is issued.
        if bill is None or bill.payable_minor is not None:
            pay_with_line(draft, account, bill, line, correlation_id=correlation_id)
    if left:
        account.cash_minor += left
        account.touched = True
        draft.transfer(account, ("collected", no), ("cash", 0), left, f"charge:{no}")
    if balance_part is not None:
        pay_balance_part(draft, account, balance_part)
    announce_charge(
        draft,
        account,
        attempt,
        "succeeded",
        amount_minor=outcome.amount_minor,
        gateway_ref=outcome.gateway_ref,
    )
    _resume(draft, account, working, cause="rest", has_ended=was_in_flight)


def _refuse_manual(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    outcome: Declined | NotFound | AmountRefused,
) -> None:
    """Whoever asked for it is told and may try again; nothing follows by itself as it does after a collection."""
    attempt = working.attempt
    if isinstance(outcome, Declined):
        code, message = outcome.code, outcome.message[:500]
        _end(draft, account, working, "declined", ref=outcome.gateway_ref, code=code, message=message)
    else:
        code, message = "not_found", "the gateway never got it"
        if isinstance(outcome, AmountRefused):
            code, message = AMOUNT_REFUSED, f"{outcome.code}: {outcome.message}"[:500]
        _end(draft, account, working, "not_charged", code=code)
    announce_charge(
        draft, account, attempt, "declined", amount_minor=attempt.amount_minor, code=code, message=message
    )
    fail_payment(draft, account, attempt.attempt_no, code)
    _resume(draft, account, working, cause="refused")


def _decline(
    draft: Draft, account: WorkingAccount, charges: WorkingCharges, working: WorkingAttempt, outcome: Declined
) -> None:
    """T is the first decline; what follows from it is worked off from then on. Rule: R5.4."""
    _end(
        draft, account, working, "declined",
        ref=outcome.gateway_ref, code=outcome.code, message=outcome.message[:500],
    )  # fmt: skip
    values, default = charges.values, charges.default
    since = values.declining_since or draft.at
    newest = max(
        line.line.cycle for line in charges.lines if line.line.attempt_no == working.attempt.attempt_no
    )
    # The decline of a method that is no longer the default says nothing about the one that is, which is tried at once.
    is_default = default is not None and default.method.id == working.attempt.method_id
    final = outcome.final if is_default else values.hard
    charges.values = values._replace(
        declining_since=since,
        declined_cycle=max(newest, values.declined_cycle or newest),
        hard=final,
        noticed_until=values.noticed_until or draft.at,
        due_at=draft.at,
        retry_owed=not is_default,
    )
    is_tried_now = not is_default and charges.chargeable is not None
    announce_charge(
        draft, account, working.attempt, "declined",
        amount_minor=working.attempt.amount_minor, code=outcome.code, message=outcome.message[:500],
        next_try_at=draft.at if is_tried_now else next_try_at(since, draft.at, final=final, policy=draft.policy),
    )  # fmt: skip
    # What the charge had covered may be paid from elsewhere again.
    correlation_id = f"charge:{working.attempt.reference}"
    write_off(
        draft, account, cause=f"charge:{working.attempt.attempt_no}:declined", correlation_id=correlation_id
    )
    collect_owed_try(draft, account, correlation_id=correlation_id)


def _resume(
    draft: Draft, account: WorkingAccount, working: WorkingAttempt, *, cause: str, has_ended: bool = True
) -> None:
    """After a charge: pay what became payable, and collect what is still owed, with a sweep that it prevented.

    `has_ended` is false for one that had ended before and turns out to have been taken after all: it prevented none.
    """
    resume_after_charge(
        draft,
        account,
        working if has_ended else None,
        cause=f"charge:{working.attempt.attempt_no}:{cause}",
        correlation_id=f"charge:{working.attempt.reference}",
    )


def _collect_anew(draft: Draft, account: WorkingAccount, working: WorkingAttempt) -> None:
    """After a charge that never happened: what it was for is collected for the reason that it had, which is no retry;
    a retry after a decline is still owed. Rule: R3.3e.
    """
    attempt, charges = working.attempt, account.charges
    is_declining = charges is not None and charges.values.declining_since is not None
    if is_declining and charges is not None:
        charges.values = charges.values._replace(retry_owed=True)
    if is_declining or attempt.reason == "threshold" or missed_sweep(draft, account, working) is not None:
        _resume(draft, account, working, cause="not_charged")
        return
    cause, correlation_id = f"charge:{attempt.attempt_no}:not_charged", f"charge:{attempt.reference}"
    write_off(draft, account, cause=cause, correlation_id=correlation_id)
    collect_outstanding(
        draft, account, attempt.reason, correlation_id=correlation_id, sweep_cycle=attempt.cycle
    )


def _end(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    state: AttemptState,
    *,
    ref: str | None = None,
    charged_minor: int | None = None,
    code: str | None = None,
    message: str | None = None,
) -> None:
    attempt = working.attempt
    working.state = state
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, attempt.attempt_no, state, attempt.asks, None, ref, charged_minor, code, message,
            None, attempt.sent_at or (draft.at if state == "succeeded" else None), draft.at,
        )
    )  # fmt: skip
