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


def test_what_may_be_done_costs_as_much_for_many_bills_and_members_as_for_one(make_office, world):
    members = [f"m{number}" for number in range(12)]
    world.at("2026-01-01 00:00").open("one", "boss", "member", *members)
    world.tie("one", "member")
    world.tie("boss", *members)
    for month in range(1, 10):
        for main in ("boss", "one") if month == 1 else ("boss",):
            world.fee(main, "5.00", f"2026-{month:02}-10T00:00:00Z")
        world.at(f"2026-{month + 1:02}-02 04:30").tick()
    office = make_office()
    client = office.client("finance")
    office.stopped.set()
    office.handled()
    for path in ("/accounts/{}", "/bills/{}/2026-01", "/bills/{}/2026-01/pay"):
        counts = []
        for main in ("one", "boss"):
            with statements(office.server.runtime.store) as sent:
                assert client.get(f"/console{path.format(main)}").status_code == 200
            counts.append(len(sent))
            # What the page has read of methods and holds, what may be done reads no second time.
            for what in ("m.is_default", "h.held_at"):
                assert sum(what in statement for statement in sent) <= 1, (path, what)
        assert counts[0] == counts[1], path
