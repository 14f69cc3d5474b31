"""Where a unified settlement stands: its bills, what they ask for, what its main account can pay. Rule: R9.3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from settlement.model.accounts import AccountId
from settlement.model.policies.policy import Policy
from settlement.plans.draft.draft import Draft
from settlement.plans.payments.unified_payments import funds_minor, missing_minor, own_listed_minor
from settlement.queries import unified_settlements
from settlement.queries.unified_settlements import UnifiedLineView, UnifiedView
from settlement.storage.load.scope import PeopleScope, Scope
from settlement.storage.load.snapshot import load
from settlement.storage.load.unified_settlements import running_of
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store


@dataclass(frozen=True, slots=True)
class SettlementPosition:
    """A settlement as of one instant, with a page of its lines. Amounts in minor units.

    `funds_minor` is what its main account can pay now, `missing_minor` the top-up after which all that is open is paid,
    if it runs. `next_line` is the last of the lines where more come after it.
    """

    settlement: UnifiedView
    funds_minor: int
    missing_minor: int
    lines: list[UnifiedLineView]
    next_line: int | None
    revision: str


def read_position(
    store: Store, main: str, name: str, *, at: datetime, policy: Policy, limit: int, after: int = 0
) -> SettlementPosition:
    """The settlement with `limit` of its lines, from the one after `after` on. Nothing is written or locked.

    Raises:
        NotFound: there is no such account or settlement.
    """
    with store.transaction() as tx:
        read_only(tx)
        found = unified_settlements.settlement(tx, main, name)
        read = unified_settlements.lines(tx, found.number, limit=limit + 1, after=after) if limit else []
        revision = unified_settlements.revision(tx, found)
        funds, missing = _funds(tx, found, at, policy)
    lines = read[:limit]
    next_line = lines[-1].line_no if len(read) > limit else None
    return SettlementPosition(found, funds, missing, lines, next_line, revision)


def export_list(
    store: Store, main: str, name: str, write: Callable[[Iterable[UnifiedLineView]], None]
) -> None:
    """Hands all lines ever listed to `write`, one after the other as they are read.

    Raises:
        NotFound: there is no such account or settlement.
        Unavailable: PostgreSQL is down; what was written so far is not complete.
    """
    with store.transaction() as tx:
        read_only(tx)
        found = unified_settlements.settlement(tx, main, name)
        write(unified_settlements.whole_list(tx, found.number))


def _funds(tx: Connection, found: UnifiedView, at: datetime, policy: Policy) -> tuple[int, int]:
    scope = Scope(ids=[found.main_id], people=PeopleScope())
    draft = Draft(load(tx, scope, lock=False), at=at, policy=policy)
    main = draft.accounts[AccountId(found.main_id)]
    before = sum(
        other.owed_minor for other in running_of(tx, [main.id]) if other.settlement_id < found.number
    )
    missing = missing_minor(
        draft, main, found.outstanding_minor,
        before_minor=before, listed_minor=own_listed_minor(draft, main, found.number),
    )  # fmt: skip
    return funds_minor(draft, main), missing
