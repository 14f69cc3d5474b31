"""What a gateway takes back by itself, as a webhook would have it looked at, and what the books say of it."""

from __future__ import annotations

from collections.abc import Sequence

from settlement.model.gateway.charges import TryLater, Unknown
from settlement.operations.gateway.reversals import book_found, read_charges
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World


def look(world: World, gateway: FakeGateway, charges: Sequence[str] = ()) -> None:
    """Reads the refunds and disputes of charges, by the gateway's ids, or of all that succeeded, and books them."""
    succeeded = world.rows("SELECT gateway_ref FROM charge_attempt WHERE state = 'succeeded'")
    refs = charges or [row[0] for row in succeeded]
    shown = read_charges({gateway.name: gateway}, [(gateway.name, ref) for ref in refs])
    listed = [one for found in shown.values() if not isinstance(found, (Unknown, TryLater)) for one in found]
    assert book_found(world.store, listed, read_at=world.now, at=world.now, policy=world.policy) == []


def reversals(world: World) -> list[tuple[str, str, int, int]]:
    """Kind, state, what is taken back and what is owed of it (minor units) of every reversal, in order."""
    return [
        (row[0], row[1], row[2], row[3])
        for row in world.rows(
            "SELECT kind, state, taken_minor, owed_minor FROM gateway_reversal ORDER BY account_id, reversal_no"
        )
    ]


def balanced(world: World, gateway: FakeGateway) -> None:
    """Everything adds up, and the clearing account has what the gateway has."""
    assert world.faults() == 0
    gone = sum(one.amount_minor for one in gateway.reversals.values() if one.funds == "withdrawn")
    (clearing,) = world.rows(
        """SELECT coalesce(sum(CASE WHEN debit = 'gateway_clearing' THEN amount_minor ELSE -amount_minor END), 0)
           FROM ledger_transfer WHERE 'gateway_clearing' IN (debit, credit)"""
    )
    assert clearing[0] == sum(gateway.taken_minor()) - sum(gateway.given_back_minor()) - gone
