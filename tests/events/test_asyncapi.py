"""The AsyncAPI document is valid by the official schema, whole, and names what the workers read. Rule: R12.6.

`asyncapi-3.0.0.json.gz` is `schemas/3.0.0-without-$id.json` of the npm package `@asyncapi/specs` 6.11.1 (Apache-2.0),
unchanged.
"""

from __future__ import annotations

import gzip
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from settlement.events.asyncapi import asyncapi
from settlement.events.registry import EVENTS
from settlement.events.schemas import announcement_name
from settlement.model.announcements.topics import TOPICS
from settlement.model.runs import MOST_ACCOUNTS, Requested
from tasks import events as event_tasks
from tasks import upkeep
from worker import announcements as outgoing
from worker.broker import stream_name
from worker.task import declared

jsonschema: Any = pytest.importorskip("jsonschema")
DOCUMENT = json.loads(json.dumps(asyncapi()))
OFFICIAL = json.loads(gzip.decompress((Path(__file__).parent / "asyncapi-3.0.0.json.gz").read_bytes()))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_it_is_valid_by_the_official_schema():
    assert list(jsonschema.Draft7Validator(OFFICIAL).iter_errors(DOCUMENT)) == []


def test_the_official_schema_would_find_what_is_wrong():
    broken = {**DOCUMENT, "operations": {"x": {"action": "publish", "channel": {"$ref": "#/channels/inbox"}}}}
    assert list(jsonschema.Draft7Validator(OFFICIAL).iter_errors(broken))


def test_every_reference_leads_somewhere_and_every_message_goes_by_a_channel():
    found = set(references(DOCUMENT))
    for reference in found:
        resolved(reference)
    for name in DOCUMENT["components"]["messages"]:
        assert f"#/components/messages/{name}" in found
    for name in DOCUMENT["components"]["schemas"]:
        assert name == "Announcement" or f"#/components/schemas/{name}" in found
    assert {one["channel"]["$ref"] for one in DOCUMENT["operations"].values()} == {
        f"#/channels/{name}" for name in DOCUMENT["channels"]
    }


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_the_examples_of_a_message_are_such(name):
    message = DOCUMENT["components"]["messages"][name]
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    own = [example["payload"] for example in message.get("examples", ())]
    examples = own or resolved(message["payload"]["$ref"])["examples"]
    assert examples
    for example in examples:
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(example)) == []
    if name.endswith(".entry"):
        data = DOCUMENT["components"]["schemas"][announcement_name(message["name"])]["properties"]["data"]
        facts = {**data, "components": DOCUMENT["components"]}
        assert list(jsonschema.Draft202012Validator(facts).iter_errors(json.loads(own[0]["payload"]))) == []


def test_types_and_topics_go_by_the_channels_that_carry_them():
    messages = {name: set(one["messages"]) for name, one in DOCUMENT["channels"].items()}
    assert messages["eventStream"] == messages["senderStream"] == messages["inbox"] == set(EVENTS)
    assert messages["webhooks"] == {*TOPICS, "webhook.test"}
    assert messages["announcementStream"] == {f"{topic}.entry" for topic in TOPICS}


def test_addresses_are_those_that_workers_read_and_write():
    address = {name: one["address"] for name, one in DOCUMENT["channels"].items()}
    assert address["eventStream"].format(prefix="p:") == stream_name("p:")
    assert address["senderStream"].format(prefix="p:", source="crm") == stream_name("p:", "crm")
    assert address["announcementStream"].format(prefix="p:") == outgoing.stream_name("p:")
    for name in ("receiveTask", "startTask"):
        assert declared[address[name]] == DOCUMENT["channels"][name]["x-celery-queue"]


def test_what_is_started_by_name_has_the_arguments_of_the_task():
    start = DOCUMENT["components"]["schemas"]["Start"]
    assert list(start["properties"]) == list(inspect.signature(upkeep.start).parameters)
    assert start["properties"]["kind"]["enum"] == list(get_args(Requested))
    assert start["properties"]["accounts"]["maxItems"] == MOST_ACCOUNTS
    assert len(inspect.signature(event_tasks.receive).parameters) == 1
