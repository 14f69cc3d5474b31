"""Where a unified settlement stands: its bills, what they ask for, what its main account can pay. Rule: R9.3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from settlement.model.account import AccountId
from settlement.model.policy import Policy
from settlement.plans.unified_paying import funds_minor, missing_minor
from settlement.plans.working import Draft
from settlement.storage import views_unified
from settlement.storage.load import Scope, load
from settlement.storage.reading import read_only
from settlement.storage.store import Store
from settlement.storage.views_unified import UnifiedLineView, UnifiedView


@dataclass(frozen=True, slots=True)
class Standing:
    """A settlement as of one instant. Amounts in minor units.

    `funds_minor` is what its main account can pay now, `missing_minor` by how much it has to be filled up to pay all
    that is open.
    """

    settlement: UnifiedView
    funds_minor: int
    missing_minor: int
    lines: list[UnifiedLineView]


def read_standing(
    store: Store, main: str, name: str, *, at: datetime, policy: Policy, limit: int, after: int = 0
) -> Standing:
    """The settlement with `limit` of its lines, from the one after `after` on. Nothing is written or locked.

    Raises:
        NotFound: there is no such account or settlement.
    """
    with store.transaction() as tx:
        read_only(tx)
        found = views_unified.settlement(tx, main, name)
        lines = views_unified.lines(tx, found.number, limit=limit, after=after) if limit else []
        funds, missing = _funds(tx, found, at, policy)
    return Standing(found, funds, missing, lines)


def export_list(
    store: Store, main: str, name: str, write: Callable[[UnifiedView, Iterable[UnifiedLineView]], None]
) -> None:
    """Hands the settlement and all lines ever listed to `write`, line by line as they are read.

    Raises:
        NotFound: there is no such account or settlement.
        Unavailable: PostgreSQL is down; what was written so far is not complete.
    """
    with store.transaction() as tx:
        read_only(tx)
        found = views_unified.settlement(tx, main, name)
        write(found, views_unified.whole_list(tx, found.number))


def _funds(tx: Connection, found: UnifiedView, at: datetime, policy: Policy) -> tuple[int, int]:
    draft = Draft(load(tx, Scope(ids=[found.main_id]), lock=False), at=at, policy=policy)
    main = draft.accounts[AccountId(found.main_id)]
    owed = found.outstanding_minor
    return funds_minor(draft, main), missing_minor(draft, main, owed) if owed else 0
