"""The OpenAPI document is valid, whole, and says what events are. Rule: R12.6."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX
from settlement.events.registry import EVENTS

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
    other = server.caller("bi", "read" if one.scope != "read" else "send")
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
