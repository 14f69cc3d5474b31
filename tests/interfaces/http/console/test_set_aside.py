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


def test_nobody_else_may(world, refused, make_office):
    office = make_office()
    for role in ("viewer", "finance"):
        client = office.client(role)
        assert 'value="replay"' not in client.get(f"/console/operations/{refused[0]}").text
        assert "/work/replay/" not in client.get("/console/work").text
        assert client.get("/console/work/replay/unknown_account").status_code == 403
    assert world.one("SELECT count(*) FROM console_act") == 0
