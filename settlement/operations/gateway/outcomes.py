"""Books what gateways answered, for a set of attempts at once. Rule: R5.5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from settlement.model.gateway.charges import Answer
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.settle import settle
from settlement.plans.outcomes.charges import plan_charge_outcomes
from settlement.storage.load.snapshot import Scope
from settlement.storage.store import Store


def book_outcomes(store: Store, answers: Sequence[Answer], *, at: datetime, policy: Policy) -> Report:
    """Books the answers in one transaction, under the instant `at` (UTC). What tells nothing new does nothing.

    Whoever dies before this has lost nothing: the gateway keeps what happened and is asked again.

    Raises:
        Unavailable: PostgreSQL is down or busy; ask again later.
    """
    if not answers:
        return Report()
    with store.transaction() as tx:
        return book_in(tx, answers, at=at, policy=policy)


def book_in(tx: Connection, answers: Sequence[Answer], *, at: datetime, policy: Policy) -> Report:
    """The same in the caller's transaction."""
    scope = Scope(
        ids=sorted({answer.account_id for answer in answers}),
        attempts=[(answer.account_id, answer.attempt_no) for answer in answers],
    )
    return settle(tx, scope, partial(plan_charge_outcomes, answers=answers, at=at, policy=policy), at=at)
