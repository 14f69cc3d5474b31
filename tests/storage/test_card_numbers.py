"""A card number under a name that says so is kept nowhere, whatever the event; and nothing else is refused for it.

Rule: R5.1e.
"""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import text

from settlement.events.inbound.fields import Data
from settlement.events.registry import EVENT_TYPES

# Numbers of test cards that belong to nobody.
VISA, AMEX, SPACED = "4242424242424242", "378282246310005", "4242 4242-4242 4242"
NAMES_A_CARD = re.compile(r"number|card_?no|^pan$|_pan$|^pan_", re.IGNORECASE)


@pytest.mark.parametrize(
    ("kind", "key", "number"),
    [
        ("top_up", "card_number", VISA), ("account_opened", "cardNumber", AMEX), ("unheard_of", "pan", SPACED),
        ("top_up", "number", int(VISA)), ("transfer", "CARDNO", VISA),
    ],
)  # fmt: skip
def test_a_card_number_that_is_named_as_one_is_taken_out_and_refused(world, kind, key, number):
    world.send(kind, "a", amount="5.00", currency="USD", **{key: number})
    assert world.refused() == ["card_number"]
    kept = world.one("SELECT CAST(data AS text) FROM inbox")
    assert not re.search(r"4242|3782", kept)
    assert "5.00" in kept


def test_in_a_list_too(world):
    world.send("top_up", "a", amount="5.00", currency="USD", card_numbers=[AMEX])
    assert world.refused() == ["card_number"]
    assert world.rows("SELECT 1 FROM inbox WHERE CAST(data AS text) LIKE '%3782%'") == []


def test_deep_inside_too_and_the_same_event_again_is_a_repeat(world):
    data = {"amount": "5.00", "currency": "USD", "paid_by": [{"card": {"holder": "A", "number": SPACED}}]}
    message = world.message("top_up", "a", **data)
    world.receive(message)
    assert world.receive(message).repeated == 1
    assert world.rows("SELECT reason_code FROM inbox") == [("card_number",)]
    assert world.rows("SELECT 1 FROM inbox WHERE CAST(data AS text) LIKE '%4242%'") == []


def nested(depth: int, innermost: object) -> object:
    for _ in range(depth):
        innermost = {"inside": innermost}
    return innermost


@pytest.mark.parametrize(
    ("kind", "data", "state"),
    [
        ("top_up", {f"f{n}": {"card_number": VISA} for n in range(32_000)}, "refused"),
        ("top_up", {f"number{n}": f"{4242424242424242 + n}" for n in range(64_000)}, "refused"),
        ("payment_method_added", {f"f{n}": VISA for n in range(100_000)}, "refused"),
        ("top_up", nested(900, {"number": VISA, "text": "x" * 3_000_000}), "refused"),
        ("top_up", nested(900, {"number": "n", "text": "x" * 3_000_000}), "waiting"),
    ],
    ids=["each in an object", "each a field", "of a payment method", "very deep", "very deep and none"],
)
def test_an_event_of_very_many_fields_is_looked_through_in_a_moment(world, kind, data, state):
    """The time once grew with the square of their number: 1.4 MB of them kept whoever stored them for half a minute."""
    with world.store.transaction() as tx:
        tx.execute(text("SET LOCAL statement_timeout = '12s'"))
        tx.execute(
            text(
                "INSERT INTO inbox (source, event_id, type, account, data) VALUES ('s', 'e', :kind, 'a', :data)"
            ),
            {"kind": kind, "data": json.dumps(data)},
        )
    assert world.one("SELECT CAST(state AS text) FROM inbox") == state
    assert "42424242" not in world.one("SELECT CAST(data AS text) FROM inbox")


@pytest.mark.parametrize(
    "data",
    [
        {"order_number": "4242424242424241"}, {"number": "424242424242"}, {"number": "42424242424242424242"},
        {"phone_number": "+49 30 123"}, {"order": VISA},
    ],
)  # fmt: skip
def test_what_is_no_card_number_is_refused_for_what_it_is(world, data):
    world.send("top_up", "a", amount="5.00", currency="USD", **data)
    assert world.refused() == ["bad_shape"]


def test_ids_amounts_and_names_of_the_contract_are_never_taken_for_one(world):
    world.open(VISA, name=f"Number {VISA}")
    world.fee(VISA, f"{VISA}.00", id=VISA, order_id=VISA, product=VISA)
    world.top_up(VISA, "4242424242424.00")
    world.send(
        "card_activated", VISA, card=VISA, amount="5.00", currency="USD", valid_from="2026-01-01T00:00:00Z",
        valid_until="2027-01-01T00:00:00Z", orders=[VISA], products=[VISA],
    )  # fmt: skip
    world.send("account_changed", VISA, hold={"reason": VISA, "ref": VISA})
    assert world.refused() == []


def shapes(base: type[Data] = Data) -> list[type[Data]]:
    return [shape for found in base.__subclasses__() for shape in (found, *shapes(found))]


@pytest.mark.parametrize("model", shapes())
def test_no_field_of_the_contract_has_a_name_that_is_looked_into(model):
    assert EVENT_TYPES
    assert [name for name in model.model_fields if NAMES_A_CARD.search(name)] == []
