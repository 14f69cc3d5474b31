"""What people are told about an event of a wrong shape: in our words, with the field. Rule: R4.1."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from settlement.errors import Refused
from settlement.events.registry import EVENTS, parse_event
from tests.events.test_registry import HEAD


@pytest.mark.parametrize(
    ("event_type", "change", "message"),
    [
        ("top_up", {"colour": "red"}, "data.colour: this field is not known"),
        ("top_up", {"amount": 5}, "data.amount: must be text"),
        ("top_up", {"currency": "usd"}, "data.currency: must look like USD, three capital letters"),
        ("account_opened", {"credit_control": "yes"}, "data.credit_control: must be true or false"),
        ("account_opened", {"name": "  "}, "data.name: must not be blank"),
        (
            "account_opened",
            {"name": "a\nb"},
            "data.name: must not contain control or direction characters, or ends of lines",
        ),
        (
            "account_opened",
            {"name": "a\u2028b"},
            "data.name: must not contain control or direction characters, or ends of lines",
        ),
        (
            "unified_settlement_created",
            {"cycles": ["2026-13"]},
            "data.cycles.0: must look like 2026-10, with a month from 01 to 12",
        ),
    ],
)
def test_the_field_and_what_is_wrong_with_it_in_our_own_words(
    event_type: str, change: dict[str, object], message: str
) -> None:
    data = json.loads(EVENTS[event_type].EXAMPLE) | change
    with pytest.raises(Refused) as refused:
        parse_event(HEAD, event_type, data)
    assert (refused.value.code, refused.value.message) == ("bad_shape", message)


@pytest.mark.parametrize("account", [" ", "\n", "a\nb", "a\u2029"])
def test_an_account_has_a_name_that_can_be_read(account: str) -> None:
    head = replace(HEAD, account=account)
    with pytest.raises(Refused, match="account: must not"):
        parse_event(head, "account_opened", {"currency": "USD"})
