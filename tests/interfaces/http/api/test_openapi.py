"""The OpenAPI document is valid, whole, and says what events are. Rule: R12.6."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from interfaces.fields.field import as_objects
from interfaces.fields.webhooks import ANNOUNCEMENTS
from interfaces.http.api.context import as_json
from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX
from settlement.events.asyncapi import asyncapi
from settlement.events.examples import EXAMPLES
from settlement.events.registry import EVENTS
from settlement.events.schemas import published, whole
from settlement.model.announcements.topics import TOPICS
from settlement.model.policies.senders import Scope
from settlement.queries.programs.announcements import AnnouncementView

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
DOCUMENT = document(OPERATIONS, prefix=PREFIX)


def test_it_is_valid():
    pytest.importorskip("openapi_spec_validator").validate(DOCUMENT)


def test_every_operation_is_in_it_once():
    found = [one["operationId"] for at in DOCUMENT["paths"].values() for one in at.values()]
    assert sorted(found) == sorted(one.id for one in OPERATIONS)
    assert len(set(found)) == len(found)


def test_it_is_served_to_anybody(server):
    answer = server.client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(DOCUMENT))


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.scope], ids=lambda one: one.id)
def test_whatever_needs_a_key_is_refused_without_one_and_with_one_of_another_scope(server, one):
    path = DOCUMENT_PATHS[one.id]
    assert server.client.request(one.method, path).status_code == 401
    (other, *_) = (scope for scope in get_args(Scope) if scope not in {one.scope, one.or_scope})
    other = server.caller("bi", other)
    answer = server.client.request(one.method, path, headers={"Authorization": f"Bearer {other.key}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_scope")


DOCUMENT_PATHS = {
    one["operationId"]: path.replace("{", "").replace("}", "")
    for path, at in DOCUMENT["paths"].items()
    for one in at.values()
}


def _problems_with(value: Any, name: str) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.parametrize("model", EVENTS.values(), ids=lambda model: model.TYPE)
def test_an_event_as_documented_is_one_by_its_schema_and_with_a_field_too_many_is_none(model):
    event = {"event_id": "1", "type": model.TYPE, "account": "a", "data": json.loads(model.EXAMPLE)}
    assert _problems_with(event, "Event") == []
    assert _problems_with({**event, "data": {**event["data"], "other": 1}}, "Event")
    cloud = {"specversion": "1.0", "id": "1", "type": model.TYPE, "subject": "a", "data": event["data"]}
    assert _problems_with(cloud, "CloudEvent") == []


@pytest.mark.parametrize("topic", TOPICS)
def test_an_announcement_is_one_by_its_schema_and_its_facts_are_those_of_its_topic(topic):
    message = whole(published()[topic])["examples"][0]
    assert _problems_with(message, "Announcement") == []
    assert _problems_with({**message, "data": {"other": 1}}, "Announcement")
    assert _problems_with({**message, "type": "no.topic"}, "Announcement")
    page = DOCUMENT["paths"]["/v1/announcements"]["get"]["responses"]["200"]["content"]["application/json"]
    assert page["schema"]["properties"]["announcements"]["items"] == {
        "$ref": "#/components/schemas/Announcement"
    }


def test_what_the_feed_answers_is_an_announcement_by_its_schema():
    view = AnnouncementView(1, 2, "bill.settled", AT, AT, "c", EXAMPLES["bill.settled"]._asdict())
    [item] = json.loads(bytes(as_json({"found": as_objects(ANNOUNCEMENTS, [view])}).body))["found"]
    assert _problems_with(item, "Announcement") == []
    assert item.keys() == DOCUMENT["components"]["schemas"]["BillSettledAnnouncement"]["properties"].keys()


def test_schemas_are_listed_and_served_to_anybody(server):
    listed = server.client.get("/v1/schemas").json()["schemas"]
    assert [one["name"] for one in listed] == list(published())
    for name in ("event", "top_up", "top_up.data", "announcement", "bill.settled", "bill.settled.data"):
        [url] = [one["url"] for one in listed if one["name"] == name]
        answer = server.client.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
        assert answer.json() == json.loads(json.dumps(whole(published()[name])))
    missing = server.client.get("/v1/schemas/no_such")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_schema")
    assert server.client.get("/v1/asyncapi.json").json() == json.loads(json.dumps(asyncapi()))
