"""The registry of events: every type has a command, a handler, a text and an example that is accepted. Rule: R4.1."""

import json
from typing import Any, get_args, get_type_hints

import pytest

from settlement.errors import Refused
from settlement.events.inbound.fields import Data, EventData
from settlement.events.registry import EVENTS, SUBJECTS, parse_event
from settlement.model.commands.command import Command, EventHead
from settlement.plans.events import plan
from settlement.plans.events.batch import handle

HEAD = EventHead(7, "crm", "acct-7", "corr-7")


def declared(base: type[Data] = EventData) -> list[type[Any]]:
    """Every class that has a type of its own."""
    return [
        data
        for found in base.__subclasses__()
        for data in [*([found] if "TYPE" in vars(found) else []), *declared(found)]
    ]


def commands_of(data: type[EventData]) -> list[type[Command]]:
    wanted = get_type_hints(data.command)["return"]
    return list(get_args(wanted)) or [wanted]


def test_every_type_is_registered_once():
    assert set(declared()) == set(EVENTS.values())
    assert len(EVENTS) == sum(len(subject.EVENTS) for subject in SUBJECTS)
    assert all(event_type == data.TYPE for event_type, data in EVENTS.items())


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_type_has_a_handler_for_what_it_wants(event_type):
    for command in commands_of(EVENTS[event_type]):
        assert command is not Command
        assert handle.dispatch(command) is not handle.dispatch(object), command


def test_every_handler_is_of_a_command_that_some_type_wants():
    wanted = {command for data in EVENTS.values() for command in commands_of(data)}
    assert set(handle.registry) - {object} == wanted, plan.__name__


@pytest.mark.parametrize("event_type", EVENTS)
def test_the_example_of_every_type_is_accepted(event_type):
    data = EVENTS[event_type]
    command = parse_event(HEAD, event_type, json.loads(data.EXAMPLE))
    assert type(command) in commands_of(data)
    assert command.head == HEAD


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_type_says_what_it_brings_about(event_type):
    text = EVENTS[event_type].__doc__
    assert text
    assert text != EventData.__doc__
    assert "|" not in text, "it stands in a table"


OTHERS = {
    "transfer": ["acct-main"], "transfer_pulled_back": ["acct-member"], "relationship_requested": ["acct-member"],
    "relationship_accepted": ["acct-main"], "relationship_ended": ["acct-member"],
    "unified_settlement_created": ["acct-member"], "unified_settlement_edited": ["acct-member"],
}  # fmt: skip


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_other_account_that_an_event_names_is_loaded(event_type):
    command = parse_event(HEAD, event_type, json.loads(EVENTS[event_type].EXAMPLE))
    assert list(command.related().accounts) == OTHERS.get(event_type, [])


def test_a_type_that_nobody_knows_is_refused_with_those_that_are():
    with pytest.raises(
        Refused, match="event type 'topup' is not known, top_up may be meant; known are account_changed, "
    ):
        parse_event(HEAD, "topup", {})
