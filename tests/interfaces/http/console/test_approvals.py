"""What moves more than one person may, waits for a second one. Rule: R14.5."""

from __future__ import annotations

import pytest

from settlement.operations import test_clock, users
from tests.interfaces.http.console.conftest import PASSWORD
from tests.support.forms import confirm, fields_of, fill

PATH = "/accounts/member/do/transfer"


@pytest.fixture
def office(world, make_office):
    """One person may move 100.00 USD; two of them may move money, and an admin."""
    world.open("creditor", "member")
    world.tie("creditor", "member")
    world.top_up("creditor", "500.00")
    made = make_office(console={"second_person_above": {"USD": "100.00"}})
    users.add_user(world.store, "second", "finance", PASSWORD)
    return made


def wanted(client, amount="250.00"):
    """The page to which a transfer of the member from its main account leads."""
    preview = fill(client, PATH, amount=amount, from_account="creditor", reason="agreed")
    return confirm(client, PATH, preview).headers["location"].removeprefix("/console")


def decide(client, page, to, reason="checked"):
    form = fields_of(client.get(f"/console{page}"))
    return client.post(f"/console{page}", data={**form, "to": to, "reason": reason})


def acts(world):
    return world.rows("SELECT actor, action, approved_by, reason FROM console_act ORDER BY id")


def test_what_moves_no_more_than_one_person_may_is_done_at_once(office, world):
    assert wanted(office.client("finance"), "100.00").startswith("/operations/")
    assert world.cash("member") == 10000


def test_what_moves_more_is_done_when_another_approves_and_both_names_are_kept(office, world):
    maker, second = office.client("finance"), office.client("second")
    page = wanted(maker)
    assert page.startswith("/approvals/")
    assert world.cash("member") == 0
    assert "finance wants to move" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").headers["location"].startswith("/console/operations/")
    assert world.cash("member") == 25000
    assert acts(world) == [
        ("finance", "request_transfer", None, "agreed"),
        ("second", "approve_transfer", None, "checked"),
        ("finance", "transfer", "second", "agreed"),
    ]
    # Again, by a second click: nothing more.
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 25000
    assert world.faults() == 0


def test_the_maker_does_not_approve_and_may_withdraw(office, world):
    maker = office.client("finance")
    page = wanted(maker)
    assert 'value="approve"' not in maker.get(f"/console{page}").text
    refused = decide(maker, page, "approve")
    assert refused.status_code == 422
    assert "Nobody decides about what they want themselves" in refused.text
    assert decide(maker, page, "withdraw").status_code == 303
    assert decide(office.client("second"), page, "approve").status_code == 422
    assert world.cash("member") == 0
    assert world.one("SELECT state FROM console_request") == "withdrawn"


def test_who_may_not_move_money_approves_nothing(office, world):
    page = wanted(office.client("finance"))
    for role in ("viewer", "operator"):
        client = office.client(role)
        assert 'value="approve"' not in client.get(f"/console{page}").text
        assert client.post(f"/console{page}", data={"guard": "x", "to": "approve"}).status_code == 403
    assert world.cash("member") == 0


def test_what_was_declined_is_not_done(office, world):
    page, second = wanted(office.client("finance")), office.client("second")
    assert decide(second, page, "decline", "not agreed").status_code == 303
    assert "not agreed" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 0


def test_a_stale_one_is_refused_with_the_new_figures(office, world):
    """The member owes a bill meanwhile, which the money would pay."""
    page, second = wanted(office.client("finance")), office.client("second")
    world.fee("member", "40.00")
    office.handled()
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)
    stale = decide(second, page, "approve")
    assert stale.status_code == 409
    assert "no longer what was shown to finance that would follow" in stale.text
    assert "40.00 USD" in stale.text
    assert 'value="approve"' not in stale.text
    assert world.one("SELECT state FROM console_request") == "waiting"
    assert world.cash("member") == 0


def test_what_would_be_refused_now_is_said_and_not_approved(office, world):
    page, second = wanted(office.client("finance"), "450.00"), office.client("second")
    world.send("transfer", "member", amount="400.00", currency="USD", from_account="creditor")
    office.handled()
    assert "It would be refused now" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 40000


def test_one_that_waited_too_long_is_over(office, world):
    page, second = wanted(office.client("finance")), office.client("second")
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE console_request SET expires_at = clock_timestamp()")
    assert "expired" in second.get(f"/console{page}").text
    assert decide(second, page, "approve").status_code == 422
    assert world.cash("member") == 0


def test_a_form_that_is_sent_twice_makes_one_request(office, world):
    client = office.client("finance")
    preview = fill(client, PATH, amount="250.00", from_account="creditor")
    places = {confirm(client, PATH, preview).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert world.one("SELECT count(*) FROM console_request") == 1
    assert len(acts(world)) == 1


def test_a_bill_paid_by_hand_waits_too(office, world):
    world.open("payer", auto_write_off=False)
    world.fee("payer", "300.00")
    office.handled()
    world.at("2026-11-02 04:30").tick()
    test_clock.move(world.store, world.now)
    world.send("top_up", "payer", amount="400.00", currency="USD")
    office.handled()
    client, second = office.client("finance"), office.client("second")
    path = "/bills/payer/2026-10/pay"
    preview = fill(client, path, channel="balance", reason="agreed")
    page = confirm(client, path, preview).headers["location"].removeprefix("/console")
    assert page.startswith("/approvals/")
    assert world.bills("payer")[202610][2] == 0
    assert decide(second, page, "approve").headers["location"] == "/console/bills/payer/2026-10"
    assert world.bills("payer")[202610] == ("settled", 30000, 30000)


def test_without_the_setting_nothing_waits(world, make_office):
    world.open("creditor", "member")
    world.tie("creditor", "member")
    world.top_up("creditor", "500.00")
    assert wanted(make_office().client("finance"), "500.00").startswith("/operations/")
