"""What gateways took back by themselves as a stream: one transaction, flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from settlement.model.gateway.reversals import ReversalKind
from settlement.queries.gateway.reversals import ReversalView, all_reversals
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store


def export_reversals(
    store: Store,
    write: Callable[[Iterable[ReversalView]], int],
    *,
    account: str | None = None,
    kind: ReversalKind | None = None,
    open_only: bool = False,
) -> int:
    """Hands them to `write` as they are read, those found last first; returns what it returns.

    Raises:
        NotFound: the account does not exist.
        Unavailable: PostgreSQL is down; what was written so far is not complete.
    """
    with store.transaction() as tx:
        read_only(tx)
        return write(all_reversals(tx, account=account, kind=kind, open_only=open_only))
