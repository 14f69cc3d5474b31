"""Repayment records of months of which none are presented: by no request and on no page. Rule: R10.2a."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.console.month import a_month

SAID = "epayment records are presented for bills of 2026-11 and later ones"
# With the bill of October presented, and without.
PRESENTED = pytest.mark.parametrize(("since", "has"), [("2026-10", True), ("2026-11", False)])


@pytest.fixture
def event(world):
    """The number of an event that paid 30.00 of a bill of October at once."""
    a_month(world)
    world.top_up("acme-west", "30.00")
    return world.one("SELECT split_part(cause, ':', 2) FROM repayment WHERE amount_minor = 3000")


@PRESENTED
def test_no_request_presents_records_of_earlier_bills(event, make_office, since, has):
    ask = make_office(repayment={"records_since": since}).server.caller("bi", "send", "read")
    for path in ("/repayments", "/repayments?cycle=2026-10", "/repayments?account=acme-west"):
        assert bool(ask("GET", path).json()["repayments"]) is has, path
        assert (len(ask("GET", path, Accept="text/csv").text.splitlines()) > 1) is has, path
    bill = ask("GET", "/accounts/acme-west/bills/2026-10").json()
    assert bool(bill["repayments"]) is has
    assert bill["paid"]["amount"] == "30.00", "what is paid in all stays"
    assert bool(ask("GET", f"/operations/{event}").json()["repayments"]) is has


@PRESENTED
def test_no_page_presents_records_of_earlier_bills_and_pages_say_so(world, event, make_office, since, has):
    client = make_office(repayment={"records_since": since}).client("viewer")
    listed = client.get("/console/repayments").text
    assert ("acme-west:2026-10" in listed) is has
    assert ("acme-west:2026-10" in client.get("/console/repayments?format=csv").text) is has
    bill = client.get("/console/bills/acme-west/2026-10").text
    assert ("auto write off" in bill or "auto_write_off" in bill) is has
    assert "30.00" in bill, "what is paid in all stays"
    [cause] = world.rows("SELECT cause FROM repayment WHERE amount_minor = 3000")[0]
    record = client.get(f"/console/repayments/acme-west/2026-10/{quote(cause, safe='')}")
    assert record.status_code == (200 if has else 404)
    assert ("What it paid" in client.get(f"/console/operations/{event}").text) is has
    assert has or all(SAID in page for page in (listed, bill))
