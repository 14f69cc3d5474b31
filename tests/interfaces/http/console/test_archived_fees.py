"""A bill whose fees have been written out says where they are. Rule: R11.12."""

from __future__ import annotations

from settlement.model.cycle import Cycle
from settlement.operations.archive.months import archive_before


def test_a_bill_names_the_archive_of_its_fees(world, make_office, owner, tmp_path):
    world.open("a", opening_cash="100.00")
    world.fee("a", "3")
    event = world.one("SELECT event_id FROM inbox WHERE type = 'fees'")
    world.at("2026-11-02 04:00").tick()
    at = world.at("2026-12-01 00:00").now
    done = archive_before(owner, tmp_path, Cycle(202612), at=at, policy=world.policy)
    assert done.bills == 1, done

    office = make_office()
    ask = office.server.caller("bi", "read")
    assert ask("GET", "/accounts/a/bills/2026-10").json()["archive"] == 1
    known = ask("GET", f"/events/world/{event}").json()
    assert (known["state"], known["code"]) == ("done", "archived")
    page = office.client("viewer").get("/console/bills/a/2026-10").text
    assert "settle archive show 1 --rows fees --account a" in page
