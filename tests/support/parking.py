"""Accounts set aside as if their figures had not added up, and their end, announced like any other. Rule: R11.4."""

from __future__ import annotations

from sqlalchemy import text

from tests.support.world import World

_PARK = text("""
    WITH parked AS (
        UPDATE account SET parked_at = :at, parked_reason = 'looked into' WHERE external_id = ANY(:names)
        RETURNING id, external_id)
    INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
    SELECT id, 'account.parked', jsonb_build_object('account', external_id, 'reason', 'looked into'), 'test', :at
    FROM parked""")
_END = text("""
    WITH released AS (
        UPDATE account SET parked_at = NULL, parked_reason = NULL WHERE parked_at IS NOT NULL
        RETURNING id, external_id)
    INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
    SELECT id, 'account.released',
           jsonb_build_object('account', external_id, 'parked_at', :at, 'reason', 'looked into'), 'test', :at
    FROM released""")


def park(world: World, *accounts: str) -> None:
    """Sets these accounts aside."""
    with world.store.transaction() as tx:
        assert tx.execute(_PARK, {"names": list(accounts), "at": world.now}).rowcount == len(accounts)


def end_parking(world: World) -> None:
    """Every account takes part again."""
    with world.store.transaction() as tx:
        tx.execute(_END, {"at": world.now})
