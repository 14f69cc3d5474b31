"""Books what gateways reported about pre-authorizations: the method, and the activation that waits. Rule: R5.3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from settlement.model.announcements.facts import ActivationFacts, MethodFacts
from settlement.model.changes import Changes
from settlement.model.gateway.charges import (
    NOT_SEEN,
    AmountRefused,
    Authorized,
    ChargeOutcome,
    Declined,
    MethodState,
    NotFound,
    NotListed,
    NotSeen,
    PreAuthorization,
    RequiresAction,
    Succeeded,
    TryLater,
    Unknown,
    Voided,
)
from settlement.model.policies.policy import Policy
from settlement.model.rows.methods import AuthorizationValues
from settlement.model.snapshot import Snapshot
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.outcomes.charges_in_flight import SEND_AGAIN_AFTER

AuthorizationOutcome = ChargeOutcome | Voided | NotSeen


class AuthorizationResponse(NamedTuple):
    """What became of one pre-authorization at its gateway."""

    id: int
    account_id: int
    outcome: AuthorizationOutcome


def plan_authorization_outcomes(
    snapshot: Snapshot, *, responses: Sequence[AuthorizationResponse], at: datetime, policy: Policy
) -> Changes:
    """Books each response under the instant `at` (UTC). One that is over stays as it is, whatever is reported again."""
    draft = Draft(snapshot, at=at, policy=policy)
    for response in responses:
        account = draft.accounts.get(response.account_id)  # type: ignore[call-overload]
        if account is None or account.parked or account.charges is None:
            continue
        for authorization in account.charges.authorizations:
            if authorization.id == response.id:
                _book(draft, account, account.charges, authorization, response.outcome)
    return finish(draft)


def _book(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    row: PreAuthorization,
    outcome: AuthorizationOutcome,
) -> None:
    # Who waited for the answer was told that there is none; the method is told again if it turns out to be good.
    was_reported = row.code == NOT_SEEN
    match outcome:
        case Voided():
            _write(draft, row, "voided", finished=True)
        case Authorized():
            if row.state != "authorized":
                _conclude(draft, account, charges, row, "verified", None, None)
            # Kept before it is let go, so that whoever comes next knows what to let go of.
            _write(draft, row, "authorized", ref=outcome.gateway_ref, next_at=draft.at)
        case Declined():
            if not was_reported:
                _conclude(draft, account, charges, row, "unverified", outcome.code, outcome.message[:500])
            _write(draft, row, "declined", code=outcome.code, message=outcome.message[:500], finished=True)
        case NotSeen():
            if not was_reported:
                _conclude(
                    draft, account, charges, row, "unverified", NOT_SEEN, "the gateway shows nothing of it"
                )
            _inquire_again(
                draft, row, "nothing is seen of it, and it may be held all the same", code=NOT_SEEN
            )
        case NotFound():
            code = "lapsed" if was_reported else "not_reached"
            if not was_reported:
                _conclude(draft, account, charges, row, "unverified", code, "the gateway never had it")
            _write(draft, row, "not_charged", code=code, finished=True)
        case TryLater():
            _write(draft, row, "waiting", next_at=draft.at + SEND_AGAIN_AFTER, message=outcome.why[:500])
        case Unknown() | RequiresAction() | Succeeded() | NotListed() | AmountRefused():
            _inquire_again(
                draft, row, outcome.why if isinstance(outcome, Unknown) else f"unexpected: {outcome}"
            )


def _inquire_again(draft: Draft, row: PreAuthorization, why: str, *, code: str | None = None) -> None:
    steps = draft.policy.collection.inquire_after
    later = draft.at + steps[min(row.asks + 1, len(steps)) - 1]
    state = "authorized" if row.state == "authorized" else "unknown"
    _write(draft, row, state, next_at=later, asks=row.asks + 1, code=code or row.code, message=why[:500])


def _conclude(
    draft: Draft,
    account: WorkingAccount,
    charges: WorkingCharges,
    row: PreAuthorization,
    state: MethodState,
    code: str | None,
    message: str | None,
) -> None:
    """The method is verified or not, and everybody who waits for that is told."""
    cause = f"event:{row.id}"
    method = next((found for found in charges.methods if found.method.id == row.method_id), None)
    name = method.method.external_id if method is not None else ""
    if method is not None and method.state != "removed":
        method.state = state
        method.is_touched = True
    facts = MethodFacts(account.external_id, name, code, message)
    draft.announce(account, f"payment_method.{state}", facts, cause)
    if row.product and row.code != NOT_SEEN:
        activation = ActivationFacts(account.external_id, row.product, state == "verified", message or code)
        draft.announce(account, "product.activation", activation, cause)


def _write(
    draft: Draft,
    row: PreAuthorization,
    state: str,
    *,
    ref: str | None = None,
    next_at: datetime | None = None,
    asks: int | None = None,
    code: str | None = None,
    message: str | None = None,
    finished: bool = False,
) -> None:
    draft.changes.methods.authorizations.append(
        AuthorizationValues(
            row.id, row.account_id, state, row.asks if asks is None else asks, next_at, ref, code, message,
            None if state == "waiting" else row.sent_at or draft.at, draft.at if finished else None,
        )
    )  # fmt: skip
