"""Billing relationships: which main account may pay for which member, and what went between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.relationships import RelationshipState
from settlement.queries import accounts
from settlement.storage.sql.columns import columns
from settlement.storage.tables.relationships import BILLING_RELATIONSHIP


class RelationshipView(NamedTuple):
    """Which main account may pay for which member."""

    number: int
    main: str
    member: str
    state: RelationshipState
    requested_at: datetime
    valid_at: datetime | None
    ended_at: datetime | None


class Membership(NamedTuple):
    """An account's main account, if it has one, and of its cash what came by transfer and what may go back."""

    main: str | None
    state: RelationshipState | None
    transferred_in_minor: int
    returnable_minor: int


TransferKind = Literal["sent", "pulled_back"]


class TransferRecordView(NamedTuple):
    """Money that went between a main account and its member, in minor units. `entry` is its number in the member's
    ledger, `event` the row of the inbox that brought it about; what was pulled back went from the member to its main
    account.
    """

    entry: int
    kind: TransferKind
    main: str
    member: str
    amount_minor: int
    currency: str
    posted_at: datetime
    event: int

    @property
    def payer(self) -> str:
        """The account that it went from."""
        return self.main if self.kind == "sent" else self.member

    @property
    def receiver(self) -> str:
        """The account that it came to."""
        return self.member if self.kind == "sent" else self.main


_NAMES = {"number": "r.id", "main": "m.external_id", "member": "a.external_id"}
_RELATIONSHIP_SELECT = f"""
    SELECT {columns(BILLING_RELATIONSHIP, RelationshipView, "r", **_NAMES)}
    FROM billing_relationship r JOIN account m ON m.id = r.main_id JOIN account a ON a.id = r.member_id"""
_NEWEST = text(f"""{_RELATIONSHIP_SELECT}
    WHERE m.external_id = :main AND a.external_id = :member ORDER BY r.id DESC LIMIT 1""")
_RELATIONSHIPS = text(f"""{_RELATIONSHIP_SELECT}
    WHERE (CAST(:account AS text) IS NULL OR :account IN (m.external_id, a.external_id))
      AND (CAST(:states AS text[]) IS NULL OR r.state = ANY(CAST(CAST(:states AS text[]) AS relationship_state[])))
      AND (CAST(:after AS bigint) IS NULL OR r.id > :after)
    ORDER BY r.id LIMIT :limit""")
# Of each member its own part of the ledger's key is read. What a unified settlement moves names its main account there
# and is left out; that the other side has an entry of the same cause says which main account it was.
_TRANSFERS = text("""
    SELECT l.id, l.kind, main.external_id, member.external_id, l.amount_minor, l.currency, l.posted_at,
           CAST(substr(l.cause, length('event:') + 1) AS bigint)
    FROM (SELECT DISTINCT r.main_id, r.member_id FROM billing_relationship r
          JOIN account m ON m.id = r.main_id JOIN account a ON a.id = r.member_id
          WHERE CAST(:account AS text) IS NULL OR :account IN (m.external_id, a.external_id)) AS tie
    JOIN account main ON main.id = tie.main_id JOIN account member ON member.id = tie.member_id
    CROSS JOIN LATERAL (
        SELECT e.id, e.amount_minor, e.currency, e.posted_at, e.cause,
               CASE WHEN e.credit = 'cash' THEN 'sent' ELSE 'pulled_back' END AS kind
        FROM ledger_transfer e
        WHERE e.account_id = tie.member_id
          AND (e.debit, e.debit_ref, e.credit, e.credit_ref) IN (('transfer_clearing', 0, 'cash', 0),
                                                                ('cash', 0, 'transfer_clearing', 0))
          AND (CAST(:kind AS text) IS NULL OR (e.credit = 'cash') = (CAST(:kind AS text) = 'sent'))
          AND (CAST(:after_at AS timestamptz) IS NULL OR (e.posted_at, e.id) < (:after_at, CAST(:after_id AS bigint)))
          AND EXISTS (SELECT FROM ledger_transfer o
                      WHERE o.account_id = tie.main_id AND o.posted_at = e.posted_at AND o.cause = e.cause)
        ORDER BY e.posted_at DESC, e.id DESC LIMIT :limit) AS l
    ORDER BY l.posted_at DESC, l.id DESC LIMIT :limit""")
_MEMBERSHIP = text("""
    SELECT main.external_id, related.state, account.transferred_in_minor, account.returnable_minor
    FROM account LEFT JOIN billing_relationship related ON related.member_id = account.id AND related.state <> 'ended'
    LEFT JOIN account main ON main.id = related.main_id WHERE account.id = :id""")


def relationships(
    tx: Connection,
    *,
    limit: int,
    after: int | None = None,
    account: str | None = None,
    states: Sequence[RelationshipState] = (),
) -> list[RelationshipView]:
    """Relationships in the order in which they were requested; of all states where none is named.

    Raises:
        NotFound: the account does not exist.
    """
    if account is not None:
        accounts.account(tx, account)
    parameters = {"limit": limit, "after": after, "account": account, "states": list(states) or None}
    return [RelationshipView(*row) for row in tx.execute(_RELATIONSHIPS, parameters)]


def transfers(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, str] | None = None,
    account: str | None = None,
    kind: TransferKind | None = None,
) -> list[TransferRecordView]:
    """Transfers and what was pulled back, the newest first, from the one after the instant and entry `after` on.

    Raises:
        NotFound: the account does not exist.
    """
    if account is not None:
        accounts.account(tx, account)
    at, entry = after or (None, None)
    parameters = {"limit": limit, "after_at": at, "after_id": entry, "account": account, "kind": kind}
    return [TransferRecordView(*row) for row in tx.execute(_TRANSFERS, parameters)]


def newest(tx: Connection, main: str, member: str) -> RelationshipView:
    """The relationship of two accounts that was requested last.

    Raises:
        NotFound: they never had one.
    """
    row = tx.execute(_NEWEST, {"main": main, "member": member}).one_or_none()
    if row is None:
        raise NotFound("unknown_relationship", f"accounts {main} and {member} never had a relationship")
    return RelationshipView(*row)


def membership(tx: Connection, account_id: int) -> Membership:
    """An account's main account, and what came from it."""
    return Membership(*tx.execute(_MEMBERSHIP, {"id": account_id}).one())
