"""Books outcomes as a set; where that fails, smaller sets, until the one at fault is alone. Rule: R5.5, R5.5e."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from settlement.errors import Busy
from settlement.model.gateway.booked_reversals import ReversalResponse
from settlement.model.gateway.charges import ChargeResponse, Unknown
from settlement.model.gateway.refunds import RefundResponse
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.bisection import BRIEF_MS, PATIENCE_MS, halved
from settlement.operations.schedule.isolation import Failures
from settlement.operations.settle import settle
from settlement.plans.outcomes.authorizations import AuthorizationResponse, plan_authorization_outcomes
from settlement.plans.outcomes.charges import plan_charge_outcomes
from settlement.plans.outcomes.refunds import plan_refund_outcomes
from settlement.plans.outcomes.reversals import plan_reversals
from settlement.rules.days import day_of
from settlement.storage.load.scope import RefundScope, Scope
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.store import Store
from settlement.storage.work import reversals

Response = TypeVar("Response", ChargeResponse, RefundResponse, AuthorizationResponse, ReversalResponse)
# Books responses in the caller's transaction, under the instant `at` (UTC). What is nothing new does nothing.
Book = Callable[..., object]


def book_charges(
    tx: Connection,
    responses: Sequence[ChargeResponse],
    *,
    at: datetime,
    policy: Policy,
    dry_run: bool = False,
) -> Report:
    """Books what became of charges, or with `dry_run` finds what that would come to. A `Book`."""
    keys = [(response.account_id, response.attempt_no) for response in responses]
    plan = partial(plan_charge_outcomes, responses=responses, at=at, policy=policy)
    return settle(tx, Scope(ids=_accounts(responses), attempts=keys), plan, at=at, dry_run=dry_run)


def book_refunds(
    tx: Connection,
    responses: Sequence[RefundResponse],
    *,
    at: datetime,
    policy: Policy,
    dry_run: bool = False,
) -> Report:
    """Books what became of refunds, or with `dry_run` finds what that would come to. A `Book`."""
    keys = [(response.account_id, response.refund_no) for response in responses]
    plan = partial(plan_refund_outcomes, responses=responses, at=at, policy=policy)
    scope = Scope(ids=_accounts(responses), refunds=RefundScope(refunds=keys))
    return settle(tx, scope, plan, at=at, dry_run=dry_run)


def book_authorizations(
    tx: Connection, responses: Sequence[AuthorizationResponse], *, at: datetime, policy: Policy
) -> None:
    """Books what became of pre-authorizations. A `Book`."""
    plan = partial(plan_authorization_outcomes, responses=responses, at=at, policy=policy)
    settle(tx, Scope(ids=_accounts(responses)), plan, at=at)


def book_reversals(
    tx: Connection, responses: Sequence[ReversalResponse], *, at: datetime, policy: Policy
) -> None:
    """Books what gateways took back by themselves. A `Book`. A bill that is owed again past its due date is overdue."""
    keys = sorted({(response.account_id, response.attempt_no) for response in responses})
    plan = partial(plan_reversals, responses=responses, at=at, policy=policy)
    settle(tx, Scope(ids=_accounts(responses), attempts=keys, reversals=keys), plan, at=at)
    reversals.mark_overdue(tx, keys, day_of(at, policy.zone), at)


def _accounts(
    responses: Sequence[ChargeResponse]
    | Sequence[RefundResponse]
    | Sequence[AuthorizationResponse]
    | Sequence[ReversalResponse],
) -> list[int]:
    return sorted({response.account_id for response in responses})


class NotBooked(NamedTuple):
    """Why an outcome could not be booked: in words for people, and exactly, for the log."""

    in_words: str
    exactly: str


def _in_doubt(response: Response, why: str) -> Response | None:
    """The response as it is kept when it cannot be booked. Of a reversal nothing is kept: it is found again."""
    if isinstance(response, ReversalResponse):
        return None
    return response._replace(outcome=Unknown(f"what the gateway reported could not be booked: {why}"))


def _in_words(fault: Exception) -> str:
    """Why something could not be booked, for people."""
    match fault:
        case IntegrityError() if _is_booked_once(fault):
            return "the gateway's id of it is that of another one, which is booked"
        case IntegrityError():
            return "it contradicts what is on record"
        case DataError():
            return "an amount or a text in it is out of range"
        case _:
            return "a fault of this program, which its log has"


def _is_booked_once(fault: IntegrityError) -> bool:
    """Is it that nothing is booked twice under one id of a gateway."""
    constraint = getattr(getattr(fault.orig, "diag", None), "constraint_name", None)
    return constraint is not None and constraint.endswith("_booked_once")


def book_set(
    store: Store, responses: Sequence[Response], book: Book, *, at: datetime, policy: Policy
) -> list[NotBooked]:
    """Books all in one transaction, or if that fails in several. Returns why some could not be booked: what they are
    about stays in doubt and is inquired about again.

    Whoever dies before this has lost nothing: the gateway keeps what happened, and is asked for it again.

    Raises:
        Unavailable: PostgreSQL is down.
        Busy: an account was not free; those of all others are booked.
    """
    failures, faults = Failures(), list[NotBooked]()

    def book_together(some: Sequence[Response]) -> None:
        with store.transaction() as tx:
            wait_at_most(tx, PATIENCE_MS if len(some) == len(responses) else BRIEF_MS)
            book(tx, some, at=at, policy=policy)

    def at_fault(response: Response, fault: Exception) -> None:
        if isinstance(fault, Busy):
            failures.record(fault)
            return
        why = _in_words(fault)
        faults.append(NotBooked(why, f"{type(fault).__name__}: {fault}"[:500]))
        doubt = _in_doubt(response, why)
        if doubt is not None:
            with failures, store.transaction() as tx:
                book(tx, [doubt], at=at, policy=policy)

    halved(responses, book_together, at_fault)
    failures.raise_first()
    return faults
