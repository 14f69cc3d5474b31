"""A charge that is neither made nor refused: it waits for its payer, is inquired about again, is left to an operator,
or is sent again. Rule: R5.5, R5.8d.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from settlement.model.gateway.charges import (
    AMOUNT_REFUSED,
    NOT_SEEN,
    AmountRefused,
    AttemptState,
    Authorized,
    NotListed,
    RequiresAction,
    TryLater,
    Unknown,
)
from settlement.model.rows.charges import AttemptValues
from settlement.plans.announcements.charges import announce_charge
from settlement.plans.charges.attempts import inquire_at_once, is_given_up
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingAttempt
from settlement.plans.draft.draft import Draft

# After a gateway did not take up a call.
SEND_AGAIN_AFTER = timedelta(seconds=30)


def keep_in_flight(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    outcome: RequiresAction | AmountRefused | TryLater | Unknown | NotListed | Authorized,
) -> None:
    """Books an outcome after which the charge may have been made or may be made yet."""
    match outcome:
        case RequiresAction():
            _wait_for_payer(draft, account, working, outcome)
        case AmountRefused():
            _leave_to_operator(draft, account, working, outcome)
        case TryLater() if working.state == "sent":
            _send_again(draft, account, working, outcome)
        case TryLater() | Unknown():
            # Once it is in doubt, a first call that was not taken up takes nothing back: a second one may have been.
            _inquire_again(draft, account, working, outcome.why)
        case NotListed():
            _inquire_again(draft, account, working, outcome.why, again_after=outcome.again_after)
        case Authorized():
            _inquire_again(draft, account, working, "the amount is held and not taken")


def _wait_for_payer(
    draft: Draft, account: WorkingAccount, working: WorkingAttempt, outcome: RequiresAction
) -> None:
    if is_given_up(account, working):
        # Whoever is asked next lets go of it. Nobody is told to confirm what has been given up.
        inquire_at_once(draft, account, working, ref=outcome.gateway_ref, url=outcome.url)
        return
    if working.state != "requires_action":
        announce_charge(
            draft, account, working.attempt, "requires_action",
            amount_minor=working.attempt.amount_minor, url=outcome.url, gateway_ref=outcome.gateway_ref,
        )  # fmt: skip
    # Waiting for a payer is no question in vain, so it never takes the step at which an operator is told.
    inquiries = working.attempt.asks + 1
    inquiries -= inquiries == draft.policy.collection.operator_after_asks
    _keep(draft, account, working, "requires_action", inquiries, ref=outcome.gateway_ref, url=outcome.url)


def _inquire_again(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    why: str,
    *,
    again_after: timedelta | None = None,
) -> None:
    """In doubt still. With `again_after` nothing was shown of it, and it is looked for once more then. Rule: R5.5f."""
    inquiries = working.attempt.asks + 1
    if inquiries == draft.policy.collection.operator_after_asks:
        announce_charge(
            draft, account, working.attempt, "unknown",
            amount_minor=working.attempt.amount_minor, message=why[:500],
        )  # fmt: skip
    state: AttemptState = "requires_action" if working.state == "requires_action" else "unknown"
    if again_after is None:
        if working.attempt.code == AMOUNT_REFUSED:
            # What an operator has to know is what the gateway said of the amount.
            _keep(draft, account, working, state, inquiries, code=AMOUNT_REFUSED)
        else:
            _keep(draft, account, working, state, inquiries, message=why[:500])
    else:
        at = draft.at + again_after
        _keep(draft, account, working, state, inquiries, message=why[:500], code=NOT_SEEN, next_at=at)


def _leave_to_operator(
    draft: Draft, account: WorkingAccount, working: WorkingAttempt, outcome: AmountRefused
) -> None:
    """The gateway refuses the amount, which the same charge made anew would have too. An operator is told at once, and
    once. Rule: R5.8d.
    """
    limit, inquiries = draft.policy.collection.operator_after_asks, working.attempt.asks + 1
    message = f"{outcome.code}: {outcome.message}"[:500]
    if inquiries <= limit:
        inquiries = limit
        announce_charge(
            draft, account, working.attempt, "unknown",
            amount_minor=working.attempt.amount_minor, code=AMOUNT_REFUSED, message=message,
        )  # fmt: skip
    first_words = None if working.attempt.code == AMOUNT_REFUSED else message
    _keep(draft, account, working, "unknown", inquiries, message=first_words, code=AMOUNT_REFUSED)


def _send_again(draft: Draft, account: WorkingAccount, working: WorkingAttempt, outcome: TryLater) -> None:
    """The first call was not taken up and nobody has asked since, so nothing was charged: the attempt waits as if it
    had never been sent.
    """
    working.state = "waiting"
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, working.attempt.attempt_no, "waiting", 0, draft.at + SEND_AGAIN_AFTER,
            None, None, "try_later", outcome.why[:500], None, None, None,
        )
    )  # fmt: skip


def _keep(
    draft: Draft,
    account: WorkingAccount,
    working: WorkingAttempt,
    state: AttemptState,
    inquiries: int,
    *,
    ref: str | None = None,
    message: str | None = None,
    url: str | None = None,
    code: str | None = None,
    next_at: datetime | None = None,
) -> None:
    """The attempt stays in flight and is inquired about at `next_at`, or else at growing intervals. Without a `message`
    it keeps the one that it has under the same `code`. Rule: R5.5b.
    """
    attempt = working.attempt
    steps = draft.policy.collection.inquire_after
    later = next_at or draft.at + steps[min(inquiries, len(steps)) - 1]
    working.state = state
    draft.changes.charges.attempts.append(
        AttemptValues(
            account.id, attempt.attempt_no, state, inquiries, later, ref, None, code, message, url,
            attempt.sent_at or draft.at, None,
        )
    )  # fmt: skip
