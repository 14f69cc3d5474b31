"""The published schemas take what is accepted and published, and nothing that is not. Rule: R12.6."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from settlement.errors import Refused
from settlement.events.announcements import SHAPES, read_announcement
from settlement.events.envelope import arrival_of
from settlement.events.examples import EXAMPLES
from settlement.events.inbound.fields import amount_or_zero, printable
from settlement.events.registry import EVENTS, parse_event
from settlement.events.schemas import components, published, whole
from settlement.model.announcements.topics import TOPICS
from settlement.model.commands.command import EventHead
from settlement.model.cycle import parse_cycle
from settlement.model.money import parse_amount

jsonschema: Any = pytest.importorskip("jsonschema")
WHOLE = {name: whole(one) for name, one in published().items()}


def fits(schema: dict[str, Any], value: Any) -> bool:
    checker = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return not list(checker.iter_errors(value))


@pytest.mark.parametrize("name", WHOLE)
def test_each_is_a_schema_whose_examples_fit(name):
    schema = WHOLE[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["$schema"].endswith("2020-12/schema")
    if "oneOf" in schema:
        return
    assert schema["description"]
    assert schema["examples"]
    assert all(fits(schema, value) for value in schema["examples"])
    for missing in schema.get("required", ()):
        assert not fits(schema, {key: of for key, of in schema["examples"][0].items() if key != missing})


def test_every_type_and_topic_has_its_own_and_names_are_no_ones_twice():
    names = [
        "event",
        "announcement",
        *(f"{name}{end}" for name in [*EVENTS, *TOPICS] for end in ("", ".data")),
    ]
    assert list(WHOLE) == names
    assert (
        len({one.component for one in published().values()})
        == len(EVENTS) * 2 + len(TOPICS) + len(SHAPES) + 2
    )
    assert EXAMPLES.keys() == TOPICS.keys()


@pytest.mark.parametrize("event_type", EVENTS)
def test_an_example_of_an_event_is_accepted_and_is_one_of_all(event_type):
    event = WHOLE[event_type]["examples"][0]
    arrival = arrival_of(json.dumps(event), ingress="test")
    assert arrival.reason is None
    head = EventHead(1, event["source"], event["account"], "correlation")
    assert parse_event(head, event_type, event["data"]).head == head
    assert fits(WHOLE["event"], event)
    assert not fits(WHOLE["event"], {**event, "data": {**event["data"], "other": 1}})
    assert not fits(WHOLE["event"], {**event, "type": "another"})


@pytest.mark.parametrize("topic", TOPICS)
def test_an_example_of_an_announcement_is_read_and_is_one_of_all(topic):
    message = WHOLE[topic]["examples"][0]
    assert read_announcement(topic, json.dumps(message["data"])) == EXAMPLES[topic]
    assert fits(WHOLE["announcement"], message)
    assert fits(WHOLE["announcement"], {**message, "data": {**message["data"], "added_later": 1}})


def property_of(name: str, field: str) -> dict[str, Any]:
    found: dict[str, Any] = components()[name]["properties"][field]
    return found


@given(st.from_regex(r"-?[0-9]{0,19}\.?[0-9]{0,31}", fullmatch=True) | st.text(max_size=5))
@example("0")
@example("-0.001")
@example("0.000")
@example("1.")
@example(".5")
@example("+1")
@example("١")
@example("999999999999999999.5")
def test_an_amount_fits_exactly_where_its_shape_is_accepted(text):
    for name, field, parse in (
        ("TopUpData", "amount", parse_amount),
        ("AccountOpenedData", "credit_limit", amount_or_zero),
    ):
        try:
            parse(text, "USD")
            is_amount = True
        except Refused as refusal:
            # What only its currency decides.
            by_currency = "minor unit" in refusal.message or "too large" in refusal.message
            is_amount = by_currency and not text.startswith("-")
        assert fits(property_of(name, field), text) == is_amount, (name, text)


@given(
    st.text(max_size=8)
    | st.text("\x00\x1f\x7f\x85\x9f\u2028\u2029\u061c\u200e\u200d\u202e\u2066 \u00a0\u3000a", max_size=4)
)
def test_a_name_fits_exactly_where_it_is_accepted(text):
    try:
        is_name = bool(printable(text))
    except ValueError:
        is_name = False
    assert fits(property_of("TopUpEvent", "account"), text) == is_name


@given(st.from_regex(r"[12][0-9]{3}-[01][0-9]", fullmatch=True))
def test_a_cycle_fits_exactly_where_it_is_accepted(text):
    try:
        parse_cycle(text)
        is_cycle = True
    except (Refused, ValueError):
        is_cycle = False
    assert fits(property_of("PaymentRequestedData", "cycle"), text) == is_cycle


@pytest.mark.parametrize("topic", ["bill.settled", "account.suspended", "bill.overdue", "event.done"])
def test_what_is_no_announcement_fits_none(topic):
    data = EXAMPLES[topic]._asdict()
    for name, value in data.items():
        if isinstance(value, str) and name in ("payable", "cycle", "at", "due_on", "currency"):
            assert not fits(WHOLE[f"{topic}.data"], data | {name: "no such thing"}), name
    if topic == "event.done":
        assert not fits(WHOLE[f"{topic}.data"], data | {"paid": {"acct-7:2026-10": 120}})
        with pytest.raises(ValidationError):
            read_announcement(topic, json.dumps(data | {"paid": {"acct-7:2026-10": "12,00"}}))
