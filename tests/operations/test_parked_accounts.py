"""Releasing many parked accounts costs as many statements as releasing one, and is done for all or for none.

Rule: R4.1, R11.4b.
"""

from __future__ import annotations

import pytest

from settlement.errors import NotFound
from settlement.operations.parked_accounts import release
from settlement.queries import accounts
from tests.support.parking import park
from tests.support.world import World, statements

MANY = [f"a{number}" for number in range(40)]


def releasing(world: World, *names: str) -> int:
    """Parks and releases these accounts, each with a top-up that waits for it. Returns the number of statements."""
    park(world, *names)
    for name in names:
        world.receive(world.message("top_up", name, amount="1.00", currency="USD"))
    world.drain()
    with statements(world.store) as sent:
        done = release(world.store, names, at=world.now)
    assert {name: (one.was_parked, one.events) for name, one in done.items()} == dict.fromkeys(
        names, (True, 1)
    )
    world.drain()
    return len(sent)


def test_many_cost_what_one_costs(world):
    world.open("one", *MANY)
    assert releasing(world, "one") == releasing(world, *MANY)
    assert world.rows("SELECT DISTINCT cash_minor FROM account") == [(100,)]
    assert len(world.announced("account.released")) == 1 + len(MANY)
    assert world.faults() == 0


def test_an_unknown_name_releases_nobody(world):
    world.open("a")
    park(world, "a")
    with pytest.raises(NotFound, match="nobody"):
        release(world.store, ["a", "nobody"], at=world.now)
    with world.store.transaction() as tx:
        assert [account.name for account in accounts.parked(tx, limit=9)] == ["a"]
