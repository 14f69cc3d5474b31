"""Charges and refunds in doubt are resolved on their pages: found, previewed, booked, once. Rule: R14.2, R14.3."""

from __future__ import annotations

import re

import pytest

from interfaces.http.console import sending
from settlement.operations import approvals, test_clock, users
from settlement.operations.acts import Act, note_act
from tests.support.console.month import PASSWORD, SilentGateway
from tests.support.forms import confirm, fields_of, fill


def charged(world, gateway):
    """The reference of a charge over 1,500.00 of account `a`, whose bill is not issued yet."""
    world.open("a")
    world.send(
        "payment_method_added", "a", method="visa", kind="bank_card", gateway="sandbox", method_token="ok_a"
    )
    world.fee("a", "1500")
    world.charge(gateway)
    return str(world.one("SELECT CAST(reference AS text) FROM charge_attempt"))


@pytest.fixture
def charge(world):
    """A charge in doubt."""
    return charged(world, SilentGateway())


@pytest.fixture
def refund(world):
    """A refund of 30.00 in doubt."""
    gateway = SilentGateway()
    gateway.silent = False
    charged(world, gateway)
    world.at("2026-11-02 04:30").tick()
    world.send("refund", "a", amount="30.00", currency="USD", to="original_method")
    world.give_back(gateway)
    assert world.refunds("a") == [(1, "unknown", 3000)]
    return str(world.one("SELECT CAST(reference AS text) FROM gateway_refund"))


def acts(world):
    return world.rows("SELECT actor, action, reason, outcome FROM console_act ORDER BY id")


def test_a_charge_in_doubt_is_booked_as_taken(world, charge, make_office):
    client = make_office().client("finance")
    path = f"/charges/{charge}/resolve"
    assert f"/console{path}" in client.get(f"/console/charges/{charge}").text
    preview = fill(client, path, became="it was taken", gateway_ref="ch_1", reason="seen on its page")
    assert re.search(r"1,?500\.00 USD: it was taken", preview.text)
    assert world.attempts("a") == [("threshold", "unknown", 150_000)]
    assert confirm(client, path, preview).headers["location"] == f"/console/charges/{charge}"
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]
    assert acts(world) == [("finance", "resolve_charge", "seen on its page", "done")]
    # A second click is the same act, and what is known is not in doubt any more.
    assert confirm(client, path, preview).status_code in (303, 422)
    assert len(acts(world)) == 1
    assert f"{path}" not in client.get(f"/console/charges/{charge}").text
    assert world.faults() == 0


def test_what_was_cut_off_before_it_was_booked_is_booked_when_it_is_sent_again(
    world, charge, make_office, monkeypatch
):
    monkeypatch.setattr(sending, "WAIT_S", 0.0)
    client, path = make_office().client("finance"), f"/charges/{charge}/resolve"
    preview = fill(client, path, became="it was taken", gateway_ref="ch_1", reason="seen on its page")
    note_act(
        world.store, Act("finance", "finance", "resolve_charge", "a", event_id=fields_of(preview)["event"])
    )
    assert confirm(client, path, preview).headers["location"] == f"/console/charges/{charge}"
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]
    assert [row[1:] for row in acts(world)] == [("resolve_charge", None, "done")]


def test_what_a_second_person_approved_and_was_cut_off_is_booked(world, charge, make_office, monkeypatch):
    monkeypatch.setattr(sending, "WAIT_S", 0.0)
    office = make_office(console={"second_person_above": {"USD": "100.00"}})
    users.add_user(world.store, "second", "finance", PASSWORD)
    client, path = office.client("finance"), f"/charges/{charge}/resolve"
    preview = fill(client, path, became="it was taken", gateway_ref="ch_1", reason="seen on its page")
    page = confirm(client, path, preview).headers["location"].removeprefix("/console")
    approvals.decide(world.store, 1, "approved", by="second", role="finance", reason="checked")
    form_id = fields_of(preview)["event"]
    note_act(world.store, Act("finance", "finance", "resolve_charge", "a", event_id=form_id))
    second = office.client("second")
    assert "Carry out" in second.get(f"/console{page}").text
    form = {**fields_of(second.get(f"/console{page}")), "to": "approve"}
    assert second.post(f"/console{page}", data=form).headers["location"] == f"/console/charges/{charge}"
    assert world.attempts("a") == [("threshold", "succeeded", 150_000)]
    assert "Carry out" not in second.get(f"/console{page}").text
    assert second.post(f"/console{page}", data=form).status_code == 422


def test_a_charge_that_was_not_taken_is_owed_again(world, charge, make_office):
    world.at("2026-10-05 01:00")
    client, path = make_office().client("finance"), f"/charges/{charge}/resolve"
    preview = fill(client, path, became="it was not taken", reason="not on its page")
    assert confirm(client, path, preview).status_code == 303
    assert world.attempts("a")[0] == ("threshold", "not_charged", 150_000)


def test_without_a_reason_or_an_id_nothing_is_booked(world, charge, make_office):
    client, path = make_office().client("finance"), f"/charges/{charge}/resolve"
    for typed in (
        {"became": "it was taken", "gateway_ref": "ch_1", "reason": ""},
        {"became": "it was taken", "gateway_ref": "", "reason": "seen"},
        {"became": "nonsense", "gateway_ref": "ch_1", "reason": "seen"},
    ):
        response = fill(client, path, **typed)
        assert response.status_code == 422
        assert 'role="alert"' in response.text
    assert acts(world) == []


def test_a_refund_in_doubt_becomes_cash_that_pays(world, refund, make_office):
    world.send("account_changed", "a", auto_write_off=True)
    world.at("2026-11-05 00:00")
    client, path = make_office().client("finance"), f"/refunds/{refund}/resolve"
    preview = fill(client, path, became="it was not: it becomes cash", reason="the bank has nothing")
    assert "30.00 USD" in preview.text
    assert confirm(client, path, preview).headers["location"] == f"/console/refunds/{refund}"
    assert world.refunds("a") == [(1, "failed", 3000)]
    assert [row[1:] for row in acts(world)] == [("resolve_refund", "the bank has nothing", "done")]
    assert world.faults() == 0


def test_figures_that_changed_meanwhile_come_back(world, refund, make_office):
    """A bill that the cash would pay appears between the page and the click."""
    world.at("2026-11-05 00:00")
    office = make_office()
    client, path = office.client("finance"), f"/refunds/{refund}/resolve"
    preview = fill(client, path, became="it was not: it becomes cash", reason="the bank has nothing")
    world.send("payment_method_removed", "a", method="visa")
    world.fee("a", "12.00", "2026-11-03T00:00:00Z")
    office.handled()
    world.at("2026-12-02 04:30").tick()
    test_clock.move(world.store, world.now)
    assert world.bills("a")[202611][0] == "unsettled"
    stale = confirm(client, path, preview)
    assert stale.status_code == 409
    assert "The figures have changed since" in stale.text
    assert "12.00 USD" in stale.text
    assert world.refunds("a") == [(1, "unknown", 3000)]
    again = client.post(f"/console{path}", data=fields_of(stale))
    assert again.status_code == 303
    assert world.refunds("a") == [(1, "failed", 3000)]


def test_nothing_is_resolved_by_who_may_not(world, charge, make_office):
    office = make_office()
    for role in ("viewer", "operator"):
        client = office.client(role)
        assert client.get(f"/console/charges/{charge}/resolve").status_code == 403
        assert "/resolve" not in client.get(f"/console/charges/{charge}").text
