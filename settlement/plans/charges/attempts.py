"""Charge attempts of a plan: started as rows that wait to be sent, withdrawn, ended unsent. Rule: R5.*, R8.*."""

from __future__ import annotations

from settlement.model.cycle import Cycle
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine, ChargeReason, PaymentMethod
from settlement.model.rows.charges import AttemptValues, NewAttempt
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingAttempt, WorkingChargeLine, WorkingCharges
from settlement.plans.draft.collection import charge_unit_of
from settlement.plans.draft.draft import Draft
from settlement.rules.charge_limits import chargeable_parts


def start_charge(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    reason: ChargeReason,
    cycle: Cycle,
    parts: list[tuple[Cycle, int]],
) -> bool:
    """A new attempt over the default method: a row that waits to be sent, never a call.

    Of the parts, as much as the gateway takes; False where that is nothing. The rest waits. Rule: R5.8a.
    """
    method = charges.chargeable
    if method is None:
        raise ValueError("there is no method to charge")
    parts = chargeable_parts(parts, charge_unit_of(draft, account, method))
    if not parts:
        return False
    _start(draft, account, charges, method, reason, cycle, parts)
    return True


def start_manual_charge(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    method: PaymentMethod,
    cycle: Cycle,
    amount_minor: int,
) -> int:
    """A new attempt that a person requested, over the method they chose. Returns its number. Rule: R8.1."""
    _start(draft, account, charges, method, "manual", cycle, [(cycle, amount_minor)])
    return charges.values.last_attempt_no


def _start(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    method: PaymentMethod,
    reason: ChargeReason,
    cycle: Cycle,
    parts: list[tuple[Cycle, int]],
) -> None:
    no = charges.values.last_attempt_no + 1
    total = sum(amount for _, amount in parts)
    charges.values = charges.values._replace(last_attempt_no=no)
    if reason in ("threshold", "retry"):
        today = draft.at.astimezone(draft.policy.zone).date()
        before = charges.values.attempts_that_day if charges.values.attempts_on == today else 0
        charges.values = charges.values._replace(attempts_on=today, attempts_that_day=before + 1)
    attempt = ChargeAttempt(
        account.id, no, "", reason, cycle, method.id, method.gateway, method.customer_token,
        method.method_token, total, "waiting", draft.at, None, 0, None,
    )  # fmt: skip
    charges.attempts.append(WorkingAttempt(attempt))
    draft.changes.charges.new_attempts.append(
        NewAttempt(
            account.id, no, reason, cycle, method.id, method.gateway, method.customer_token,
            method.method_token, total, account.currency,
        )
    )  # fmt: skip
    for part_cycle, amount in parts:
        line = ChargeLine(account.id, no, part_cycle, amount, 0)
        charges.lines.append(WorkingChargeLine(line, is_new=True))


def withdraw(draft: Draft, charges: WorkingCharges, working: WorkingAttempt) -> bool:
    """Takes back an attempt that this very plan made, as if it had not been. False when it is an older one."""
    attempt = working.attempt
    rows, key = draft.changes.charges, (attempt.account_id, attempt.attempt_no)
    others = [row for row in rows.new_attempts if (row.account_id, row.attempt_no) != key]
    if len(others) == len(rows.new_attempts):
        return False
    rows.new_attempts = others
    charges.attempts.remove(working)
    charges.lines = [line for line in charges.lines if line.line.attempt_no != attempt.attempt_no]
    return True


def end_unsent(draft: Draft, account: WorkingAccount, working: WorkingAttempt, *, code: str) -> None:
    """Ends an attempt that was not sent and never will be. Under the account's lock and its own."""
    attempt = working.attempt
    working.state = "not_charged"
    fresh = draft.changes.charges.new_attempts
    for place, row in enumerate(fresh):
        if (row.account_id, row.attempt_no) == (account.id, attempt.attempt_no):
            fresh[place] = row._replace(state="not_charged", code=code)
            return
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, attempt.attempt_no, "not_charged", attempt.asks, None, None, None, code, None, None,
            attempt.sent_at, draft.at,
        )
    )  # fmt: skip


def is_given_up(account: WorkingAccount, working: WorkingAttempt) -> bool:
    """Was it started for a payment by hand that is over? Nobody waits for its money any more. Rule: R8.2c."""
    attempt, payment = working.attempt, account.payment
    return attempt.reason == "manual" and (payment is None or payment.attempt_no != attempt.attempt_no)


def inquire_at_once(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    *,
    ref: str | None = None,
    url: str | None = None,
) -> None:
    """The attempt waits for its payer, and its next inquiry is due now."""
    attempt = working.attempt
    working.state = "requires_action"
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, attempt.attempt_no, "requires_action", attempt.asks, draft.at, ref, None, None, None, url,
            attempt.sent_at or draft.at, None,
        )
    )  # fmt: skip
