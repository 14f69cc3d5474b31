"""Billing relationships: which main account may pay for which member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

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
