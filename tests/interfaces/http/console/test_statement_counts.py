"""What a page reads costs as many statements for one account as for many."""

from __future__ import annotations

from interfaces.http.console.pages.settlements import _unsettled
from tests.support.world import statements


def test_the_wizard_reads_members_bills_at_once(world):
    members = [f"m{number}" for number in range(12)]
    world.open("one", "boss", "member", *members)
    world.tie("one", "member")
    world.tie("boss", *members)
    for name in ("member", *members):
        world.fee(name, "5.00")
    world.at("2026-11-02 04:30").tick()
    counts, found = [], []
    for main in ("one", "boss"):
        with statements(world.store) as sent, world.store.transaction() as tx:
            found.append([name for name, _ in _unsettled(tx, main)[0]])
        counts.append(len(sent))
    assert found == [["member"], members]
    assert counts[0] == counts[1]
