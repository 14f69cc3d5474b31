"""Events that were set aside are tried again or dismissed at the console. Rule: R11.1d, R14.3."""

from __future__ import annotations

import pytest

from tests.support.forms import fields_of, fill


@pytest.fixture
def refused(world):
    """The numbers of two events that were refused, since their account is not there."""
    for _ in range(2):
        world.top_up("late", "10.00")
    return [number for (number,) in world.rows("SELECT id FROM inbox WHERE state = 'refused' ORDER BY id")]


def test_an_event_is_tried_again_after_what_it_was_refused_for_was_put_right(world, refused, make_office):
    world.open("late")
    office = make_office()
    client = office.client("operator")
    path = f"/operations/{refused[0]}"
    form = fields_of(client.get(f"/console{path}"))
    response = client.post(f"/console{path}", data={**form, "to": "replay", "reason": "opened since"})
    assert response.headers["location"] == f"/console{path}"
    assert office.server.nudges
    office.handled()
    assert world.cash("late") == 1000
    assert world.rows("SELECT actor, action, reason, outcome, details ->> 'event' FROM console_act") == [
        ("operator", "replay_event", "opened since", "done", str(refused[0]))
    ]


def test_an_event_is_dismissed_with_a_reason(world, refused, make_office):
    client, path = make_office().client("operator"), f"/operations/{refused[0]}"
    form = fields_of(client.get(f"/console{path}"))
    assert client.post(f"/console{path}", data={**form, "to": "dismiss"}).status_code == 422
    client.post(f"/console{path}", data={**form, "to": "dismiss", "reason": "paid by hand"})
    page = client.get(f"/console{path}").text
    assert "dismissed by operator" in page
    assert "paid by hand" in page
    assert 'value="dismiss"' not in page
    assert world.one("SELECT dismissed_by FROM inbox WHERE id = :id", id=refused[0]) == "operator"


def test_all_of_a_reason_are_tried_again_once_their_number_is_typed(world, refused, make_office):
    office = make_office()
    client, path = office.client("operator"), "/work/replay/unknown_account"
    assert path in client.get("/console/work").text
    assert fill(client, path, count="1", reason="opened since").status_code == 422
    assert fill(client, path, count="2", reason="").status_code == 422
    world.open("late")
    assert fill(client, path, count="2", reason="opened since").status_code == 303
    office.handled()
    assert world.cash("late") == 2000
    assert client.get(f"/console{path}").status_code == 404


@pytest.fixture
def from_console(world):
    """An event that somebody sent at the console and that was refused."""
    world.receive(world.message("top_up", "late", amount="7.00", currency="USD") | {"source": "console"})
    world.drain()
    return world.one("SELECT id FROM inbox WHERE source = 'console'")


def test_what_people_sent_is_tried_again_by_who_may_move_money(world, refused, from_console, make_office):
    office = make_office()
    operator, admin = office.client("operator"), office.client("admin")
    path = f"/operations/{from_console}"
    page = operator.get(f"/console{path}")
    assert 'value="replay"' not in page.text
    assert 'value="dismiss"' in page.text
    world.open("late")
    form = {**fields_of(page), "to": "replay", "reason": "opened since"}
    assert operator.post(f"/console{path}", data=form).status_code == 403
    # Of all of the reason, an operator tries those of programs again.
    assert (
        "3 events would wait again" in fill(admin, "/work/replay/unknown_account", count="2", reason="x").text
    )
    assert fill(operator, "/work/replay/unknown_account", count="3", reason="x").status_code == 422
    assert fill(operator, "/work/replay/unknown_account", count="2", reason="opened since").status_code == 303
    office.handled()
    assert world.cash("late") == 2000
    assert operator.get("/console/work/replay/unknown_account").status_code == 404
    assert "/work/replay/" not in operator.get("/console/work").text
    form = fields_of(admin.get(f"/console{path}"))
    assert admin.post(f"/console{path}", data={**form, "to": "replay", "reason": "agreed"}).status_code == 303
    office.handled()
    assert world.cash("late") == 2700


def test_a_reason_leads_to_its_events(world, refused, make_office):
    world.send("refund", "late", amount="1.00", currency="XXX", to="cash")
    client = make_office().client("viewer")
    assert 'href="/console/events?code=unknown_account"' in client.get("/console/work").text
    page = client.get("/console/events?code=unknown_account").text
    assert [f"/operations/{number}" in page for number in refused] == [True, True]
    assert page.count("/console/operations/") == 2


def test_what_is_fetched_again_is_what_changes_by_itself(world, refused, make_office):
    client = make_office().client("viewer")
    assert 'hx-get="/console/work/now"' in client.get("/console/work").text
    now = client.get("/console/work/now").text
    assert "events refused" in now
    assert "set aside" not in now
    assert "<html" not in now


def test_nobody_else_may(world, refused, make_office):
    office = make_office()
    for role in ("viewer", "finance"):
        client = office.client(role)
        assert 'value="replay"' not in client.get(f"/console/operations/{refused[0]}").text
        assert "/work/replay/" not in client.get("/console/work").text
        assert client.get("/console/work/replay/unknown_account").status_code == 403
    assert world.one("SELECT count(*) FROM console_act") == 0
