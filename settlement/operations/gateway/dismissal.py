"""A person's word that a difference with a gateway's books was dealt with. Rule: R5.7f."""

from __future__ import annotations

from datetime import datetime

from settlement.errors import NotFound
from settlement.storage.store import Store
from settlement.storage.work import reconciliation


def dismiss_difference(
    store: Store, reference: str, *, gateway_ref: str | None = None, at: datetime, by: str, because: str
) -> int:
    """Records of the open differences about a charge or refund, or of the one with this id of the gateway's, that they
    were dealt with: at the instant `at` (UTC), by whom and how. Returns of how many.

    They count no more, and are not found again while the amounts on both sides stay what they are. No money moves.

    Raises:
        NotFound: no such difference is open.
    """
    with store.transaction() as tx:
        closed = reconciliation.dismiss(tx, reference, gateway_ref, at=at, by=by, because=because)
        if not closed:
            of = "" if gateway_ref is None else f" with {gateway_ref}"
            raise NotFound(
                "no_open_difference", f"no difference about {reference}{of} is open: `settle reconcile list`"
            )
    return len(closed)
