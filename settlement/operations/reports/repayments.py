"""The records of repayments as a stream: one transaction, flat memory. Rule: R10.2b."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from settlement.model.policies.policy import Policy
from settlement.queries.repayments import RepaymentView, all_repayments
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store


def export_repayments(
    store: Store,
    write: Callable[[Iterable[RepaymentView]], int],
    *,
    policy: Policy,
    account: str | None = None,
    cycle: int | None = None,
) -> int:
    """Hands the records of bills of `records_since` and later to `write`, as they are read; returns what it returns.

    By account in the order of opening, then by cycle and cause.

    Raises:
        NotFound: the account does not exist.
        Unavailable: PostgreSQL is down; what was written so far is not complete.
    """
    with store.transaction() as tx:
        read_only(tx)
        return write(all_repayments(tx, account=account, cycle=cycle, since=policy.records_since))
