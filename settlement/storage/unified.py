"""Which unified settlements an event or a look concerns, and the accounts on their lists; read before the locks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.storage.arrays import id_array, text_array

_NAMED = text("""
    SELECT s.id FROM unnest(CAST(:mains AS text[]), CAST(:names AS text[])) AS asked (main, name)
    JOIN account a ON a.external_id = asked.main
    JOIN unified_settlement s ON s.main_id = a.id AND s.external_id = asked.name""")
_NAMES_LISTED = text("""
    SELECT DISTINCT a.external_id FROM unified_line l JOIN account a ON a.id = l.account_id
    WHERE l.settlement_id = ANY(CAST(:settlements AS bigint[])) AND l.state <> 'dropped'""")
_IDS_LISTED = text("""
    SELECT DISTINCT account_id FROM unified_line
    WHERE settlement_id = ANY(CAST(:settlements AS bigint[])) AND state <> 'dropped'""")
# Cash is a first look only; the plan knows what of it may be spent. A list that emptied itself is to be concluded.
_READY = text("""
    SELECT * FROM (
        SELECT s.id, s.main_id, m.cash_minor > m.frozen_minor + m.held_minor AS has_cash,
               NOT EXISTS (SELECT 1 FROM unified_line l WHERE l.settlement_id = s.id AND l.state = 'open') AS is_empty
        FROM unified_settlement s JOIN account m ON m.id = s.main_id AND m.parked_at IS NULL
        WHERE s.state = 'running' AND s.id > :after) AS running
    WHERE has_cash OR is_empty ORDER BY id LIMIT :limit""")


class Ready(NamedTuple):
    """A settlement that runs: its main account seems to have money, or nothing is left on its list."""

    settlement_id: int
    main_id: int
    has_cash: bool
    is_empty: bool


def named(tx: Connection, asked: Sequence[tuple[str, str]]) -> list[int]:
    """Settlements by the names of their main accounts and their own."""
    if not asked:
        return []
    mains, names = zip(*asked, strict=True)
    return list(tx.scalars(_NAMED, {"mains": text_array(mains), "names": text_array(names)}))


def names_listed(tx: Connection, settlements: Sequence[int]) -> list[str]:
    """Names of every account on their lists."""
    return list(tx.scalars(_NAMES_LISTED, {"settlements": id_array(settlements)})) if settlements else []


def ids_listed(tx: Connection, settlements: Sequence[int]) -> list[int]:
    """Ids of every account on their lists."""
    return list(tx.scalars(_IDS_LISTED, {"settlements": id_array(settlements)})) if settlements else []


def ready(tx: Connection, *, after: int, limit: int) -> list[Ready]:
    """The next settlements, by id, with which it may be worth while to go on."""
    return [Ready(*row) for row in tx.execute(_READY, {"after": after, "limit": limit})]
