"""Loads billing relationships of a set that are not ended. Rule: R9.1."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.model.relationships import Relationship
from settlement.model.snapshot import KnownRelationships
from settlement.storage.load.scope import Owners
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import rows_as
from settlement.storage.tables.relationships import BILLING_RELATIONSHIP

_MINE = "= ANY(CAST(:ids AS bigint[]))"
_OF_MEMBERS = text(f"""
    SELECT {columns(BILLING_RELATIONSHIP, Relationship)} FROM billing_relationship
    WHERE member_id {_MINE} AND state <> 'ended' ORDER BY member_id""")
_MEMBERS_OF = text(f"""
    SELECT main_id, count(*) FROM billing_relationship WHERE main_id {_MINE} AND state <> 'ended' GROUP BY main_id""")


def known_relationships(tx: Connection, owners: Owners, named: str) -> KnownRelationships:
    """Those in which accounts of the set are members, and how many members those `named`, an array of ids, have."""
    mine = {"ids": owners["ids"]}
    return KnownRelationships(
        tuple(rows_as(tx.execute(_OF_MEMBERS, mine), Relationship)),
        {row[0]: row[1] for row in tx.execute(_MEMBERS_OF, {"ids": named})},
    )
