"""Reads for people about what gateways took back by themselves: refunds made there, and disputes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound, Refused
from settlement.model.cycle import Cycle
from settlement.model.gateway.reversals import Funds, ReversalKind, ReversalState
from settlement.queries import accounts
from settlement.storage.sql.columns import columns
from settlement.storage.tables.reversals import GATEWAY_REVERSAL

# Rows held at a time while all of them are read.
_FETCHED = 2000


class ReversalView(NamedTuple):
    """A reversal of a charge, known by the gateway's own id. Minor units; `taken_minor` is what is taken back of the
    payment now, `owed_minor` the part of it that the account owes. `closed_at`: when it was found to be final.
    """

    gateway_ref: str
    kind: ReversalKind
    account: str
    charge: str
    method: str
    gateway: str
    amount_minor: int
    taken_minor: int
    owed_minor: int
    currency: str
    state: ReversalState
    funds: Funds
    reason: str
    opened_at: datetime
    moved_at: datetime | None
    found_at: datetime
    read_at: datetime
    closed_at: datetime | None


class MovedBill(NamedTuple):
    """What a reversal took back of a bill's payments (below zero) or brought back, minor units."""

    at: datetime
    cycle: Cycle
    amount_minor: int
    currency: str


class ReversalCounts(NamedTuple):
    """Disputes that are not decided, those of them that a person has to answer at the gateway, and the accounts that
    owe for payments which were taken back.
    """

    open: int
    needs_response: int
    owing_accounts: int


_NAMES = {"account": "a.external_id", "charge": "CAST(t.reference AS text)", "method": "m.external_id"}
_SELECT = f"""
    SELECT {columns(GATEWAY_REVERSAL, ReversalView, "r", **_NAMES)}
    FROM gateway_reversal r
    JOIN account a ON a.id = r.account_id
    JOIN charge_attempt t ON t.account_id = r.account_id AND t.attempt_no = r.attempt_no
    JOIN payment_method m ON m.id = t.method_id
    WHERE (CAST(:account AS text) IS NULL
           OR r.account_id = (SELECT id FROM account WHERE external_id = CAST(:account AS text)))
      AND (CAST(:kind AS reversal_kind) IS NULL OR r.kind = CAST(:kind AS reversal_kind))
      AND (NOT :open OR r.closed_at IS NULL)"""
_ORDER = "ORDER BY r.found_at DESC, r.account_id DESC, r.reversal_no DESC"
_PAGE = text(f"""{_SELECT}
      AND (CAST(:after AS text) IS NULL OR (r.found_at, r.account_id, r.reversal_no) <
           (SELECT found_at, account_id, reversal_no FROM gateway_reversal
            WHERE gateway_ref = CAST(:after AS text) AND gateway = CAST(:after_gateway AS text)))
    {_ORDER} LIMIT :limit""")
_ALL = text(f"{_SELECT} {_ORDER}")
_ONE = text(f"""{_SELECT}
      AND r.gateway_ref = :gateway_ref AND (CAST(:gateway AS text) IS NULL OR r.gateway = CAST(:gateway AS text))""")
_COUNTS = text("""
    SELECT count(*), count(*) FILTER (WHERE state = 'needs_response'),
           (SELECT count(DISTINCT account_id) FROM gateway_reversal WHERE owed_minor > 0)
    FROM gateway_reversal WHERE closed_at IS NULL AND kind = 'dispute'""")
_BILLS = text("""
    SELECT p.paid_at, p.cycle, p.amount_minor, p.currency
    FROM gateway_reversal r
    JOIN repayment p ON p.account_id = r.account_id AND p.initiator = 'reversal'
         AND p.cause LIKE 'reversal:' || r.reversal_no || ':%'
    WHERE r.gateway = :gateway AND r.gateway_ref = :gateway_ref ORDER BY p.paid_at, p.cycle""")


def reversals(
    tx: Connection,
    *,
    limit: int,
    after: str | None = None,
    after_gateway: str | None = None,
    account: str | None = None,
    kind: ReversalKind | None = None,
    open_only: bool = False,
) -> list[ReversalView]:
    """Reversals, those found last first; of both kinds where none is requested; `after` is a gateway's id, and
    `after_gateway` whose.

    Raises:
        NotFound: there is no reversal `after`, or no such account.
        Refused: `ambiguous` where two gateways have one of the id `after` and none is named.
    """
    if after is not None:
        after_gateway = reversal(tx, after, after_gateway).gateway
    if account is not None:
        accounts.account(tx, account)
    place = {"after": after, "after_gateway": after_gateway}
    parameters = {"limit": limit, **place} | _filters(account, kind, open_only=open_only)
    return [ReversalView(*row) for row in tx.execute(_PAGE, parameters)]


def all_reversals(
    tx: Connection, *, account: str | None = None, kind: ReversalKind | None = None, open_only: bool = False
) -> Iterator[ReversalView]:
    """The same in the same order, read in pages, however many there are.

    Raises:
        NotFound: there is no such account.
    """
    if account is not None:
        accounts.account(tx, account)
    streamed = _ALL.execution_options(stream_results=True, yield_per=_FETCHED)
    with tx.execute(streamed, _filters(account, kind, open_only=open_only)) as result:
        for row in result:
            yield ReversalView(*row)


def reversal(tx: Connection, gateway_ref: str, gateway: str | None = None) -> ReversalView:
    """One reversal by the gateway's own id.

    Raises:
        NotFound: there is none.
        Refused: `ambiguous` where two gateways have one of this id and none is named.
    """
    parameters = {"gateway_ref": gateway_ref, "gateway": gateway} | _filters(None, None, open_only=False)
    found = [ReversalView(*row) for row in tx.execute(_ONE, parameters)]
    if not found:
        raise NotFound("unknown_dispute", f"{gateway_ref} is not known; `settle disputes list` shows them")
    if len(found) > 1:
        names = " and ".join(row.gateway for row in found)
        raise Refused("ambiguous", f"{gateway_ref} is known at {names}; name one of them")
    return found[0]


def counts(tx: Connection) -> ReversalCounts:
    """How much of it is open."""
    return ReversalCounts(*tx.execute(_COUNTS).one())


def moved_bills(tx: Connection, row: ReversalView) -> list[MovedBill]:
    """The bills that are owed again because of a reversal, and paid again, in order of time."""
    parameters = {"gateway": row.gateway, "gateway_ref": row.gateway_ref}
    return [MovedBill(*moved) for moved in tx.execute(_BILLS, parameters)]


def _filters(account: str | None, kind: ReversalKind | None, *, open_only: bool) -> dict[str, object]:
    return {"account": account, "kind": kind, "open": open_only}
