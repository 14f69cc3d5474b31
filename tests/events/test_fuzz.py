"""Whatever is told, in whatever shape: a command or a refusal with a code and a sentence, never anything else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Refused
from settlement.events.envelope import arrival_of
from settlement.events.registry import parse_event
from settlement.model.arrival import Arrival
from settlement.model.commands.command import EventHead
from tests.support.drawn.fuzzing import examples, messages


def check(arrival: Arrival) -> None:
    """It can be kept as it is, and is a command or refused."""
    kept = json.loads(arrival.data)
    for text in (
        arrival.source,
        arrival.event_id,
        arrival.type,
        arrival.account,
        arrival.data,
        arrival.reason or "",
    ):
        assert "\0" not in text
        text.encode()
    if arrival.reason is not None:
        assert arrival.reason_code
        assert arrival.reason
        return
    assert refusal(arrival, kept) is not None


def refusal(arrival: Arrival, data: object) -> str | None:
    """Nothing where it is a command, else why it is refused; an empty reason is none."""
    try:
        parse_event(EventHead(1, arrival.source, arrival.account, ""), arrival.type, data)
    except Refused as refused:
        return (refused.code and refused.message) or None
    return ""


@examples(100)
@given(messages())
def test_a_message_near_to_an_event_is_a_command_or_refused(message: Any) -> None:
    named = {"event_id": "1", **message} if isinstance(message, dict) else message
    check(arrival_of(named, ingress="test"))
    try:
        text = json.dumps(named)
    except (TypeError, ValueError):
        return
    check(arrival_of(text, ingress="test"))
    check(arrival_of(text.encode(), ingress="test"))


@examples(100)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_noise_is_kept_and_refused(noise: bytes | str) -> None:
    check(arrival_of(noise, ingress="test"))
