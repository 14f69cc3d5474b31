"""A bill whose fees have been written out says where they are. Rule: R11.12."""

from __future__ import annotations

from sqlalchemy import text

from settlement.model.cycle import Cycle
from settlement.operations.archive.months import archive_before


def test_a_bill_names_the_archive_of_its_fees(world, make_office, owner, tmp_path):
    world.open("a", opening_cash="100.00")
    world.fee("a", "3")
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE inbox SET door = 'http' WHERE type = 'fees'"))
    number, event = world.rows("SELECT id, event_id FROM inbox WHERE type = 'fees'")[0]
    world.at("2026-11-02 04:00").tick()
    at = world.at("2026-12-01 00:00").now
    done = archive_before(owner, tmp_path, Cycle(202612), at=at, policy=world.policy)
    assert done.bills == 1, done

    office = make_office()
    ask = office.server.caller("bi", "read")
    assert ask("GET", "/accounts/a/bills/2026-10").json()["archive"] == 1
    known = ask("GET", f"/events/world/{event}").json()
    assert (known["state"], known["code"]) == ("done", "archived")
    assert ask("GET", f"/operations/{number}").json() == known
    # What it paid is in the archive, too: nothing is said of it.
    assert "repayments" not in known
    page = office.client("viewer").get("/console/bills/a/2026-10").text
    assert "settle archive show 1 --rows fees --account a" in page
    assert ask("GET", "/accounts/a/bills/2026-10").json()["records_archive"] == 2
    assert "settle archive show 2 --rows repayments --account a" in page
    assert "settle archive show 2 --rows lines --account a" in page
    assert ask("GET", "/accounts/a/statements/2026-10").json()["code"] == "archived"
    assert (
        "settle archive show 2" in office.client("viewer").get("/console/accounts/a/statements/2026-10").text
    )
