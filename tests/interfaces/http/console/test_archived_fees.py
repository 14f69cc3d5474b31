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
    told = "repayments of months before 2026-12 are in archives, the last of them 2: settle archive show 2 --rows repay"
    assert ask("GET", "/repayments?account=a").json() == {
        "repayments": [], "next": None,
        "archived": {"before": "2026-12", "archive": 2, "detail": f"{told}ments --account a"},
    }  # fmt: skip
    of_entries = ask("GET", "/ledger?account=a").json()["archived"]
    assert (of_entries["before"], of_entries["archive"]) == ("2026-12", 2)
    assert "--rows entries --account a" in of_entries["detail"]
    assert ask("GET", "/ledger?account=a&since=2026-12-01T00:00:00Z").json()["archived"] is None
    assert told[1:] in office.client("viewer").get("/console/repayments?account=a").text
    assert "are in archives" in office.client("viewer").get("/console/repayments").text
    assert "are in archives" not in office.client("viewer").get("/console/repayments?cycle=2026-11").text
    assert (
        "settle archive show 2" in office.client("viewer").get("/console/accounts/a/statements/2026-10").text
    )
