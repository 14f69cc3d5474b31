"""The generated modules of the client are those of the API's document as it is."""

from __future__ import annotations

import pytest

from client.generator.__main__ import PACKAGE, written
from client.generator.models import RECEIVED, SENT, Models
from client.generator.names import NAMES, checked
from tests.client.places import ROOT


def test_they_are_current():
    generated = written()
    folders = {name.partition("/")[0] for name in generated if "/" in name}
    there = {f"{folder}/{path.name}" for folder in folders for path in (ROOT / PACKAGE / folder).glob("*.py")}
    assert there == {name for name in generated if "/" in name}
    assert folders == {"resources", "async_resources", "operations", "models"}
    assert {name: (ROOT / PACKAGE / name).read_text("utf-8") for name in generated} == generated, "make docs"


def test_an_operation_without_a_name_is_noticed():
    with pytest.raises(ValueError, match="no name for list_bills"):
        checked(set(NAMES), {name: of for name, of in NAMES.items() if name != "list_bills"})
    with pytest.raises(ValueError, match="no operation is called list_bills"):
        checked(set(NAMES) - {"list_bills"}, NAMES)
    with pytest.raises(ValueError, match="one name"):
        checked({"a", "b"}, {"a": "bills.get", "b": "bills.get"})
    with pytest.raises(ValueError, match="no module for moons"):
        checked({"a"}, {"a": "moons.get"})


@pytest.mark.parametrize(
    ("schema", "received", "sent"),
    [
        ({"type": "string", "format": "decimal"}, "ExactDecimal", "SentDecimal"),
        ({"type": ["string", "null"]}, "str | None", "str | None"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "str | None", "str | None"),
        ({"enum": ["a", "b"]}, "str", "Literal['a', 'b']"),
        ({"type": "array", "items": {"type": "integer"}}, "tuple[int, ...]", "Sequence[int]"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "dict[str, str]", "dict[str, str]"),
        ({}, "Any", "Any"),
    ],
)
def test_types_of_schemas(schema, received, sent):
    models = Models({})
    assert (models.type_of(schema, RECEIVED, "X"), models.type_of(schema, SENT, "X")) == (received, sent)


def test_of_several_kinds_that_are_received_there_is_what_all_have():
    text = {"type": "string"}
    kinds = {
        name: {
            "properties": {"id": text, "type": {"const": name}, "data": {"$ref": f"#/{name}Data"}}, "required": ["id"],
        }
        for name in ("A", "B")
    }  # fmt: skip
    models = Models({**kinds, "Any": {"oneOf": [{"$ref": "#/A"}, {"$ref": "#/B"}]}})
    assert models.named("Any", RECEIVED) == "Any"
    assert models.classes == ["Any"]
    of_all = models.in_modules()["values"]["Any"]
    fields = [line.strip() for line in of_all.splitlines() if line.startswith("    ") and ":" in line]
    assert fields == ["id: str", "type: str | None = None", "data: dict[str, Any] | None = None"]


def test_what_all_kinds_that_are_sent_have_alike_is_written_once():
    text, number = {"type": "string"}, {"type": "integer"}
    kinds = {
        name: {"properties": {"id": text, "data": of}, "required": ["id"]}
        for name, of in (("A", {"$ref": "#/AData"}), ("B", number))
    }
    about = {"AData": {"properties": {"text": text}}}
    models = Models({**kinds, **about, "Any": {"oneOf": [{"$ref": "#/A"}, {"$ref": "#/B"}]}})
    models.named("Any", SENT)
    assert list(models.in_modules()["event_data"]) == ["AData"]
    sent = models.in_modules()["sent"]
    assert list(sent) == ["AnyBase", "A", "B", "Any"]
    assert "class AnyBase(Sent)" in sent["AnyBase"]
    assert "    id: str\n" in sent["AnyBase"]
    assert "data" not in sent["AnyBase"]
    assert "class B(AnyBase)" in sent["B"]
    assert "    data: int | None = None\n" in sent["B"]
    assert "id:" not in sent["B"]


def test_what_has_all_fields_of_another_and_more_is_made_from_it_unless_one_may_be_absent():
    text = {"type": "string"}
    fields = {f"field_{number}": text for number in range(10)}
    row, details = {"properties": fields}, {"properties": {**fields, "more": text}}
    models = Models({"Row": row, "Details": details, "Strict": {**details, "required": ["field_0"]}})
    models.named("Details", RECEIVED)
    models.named("Strict", RECEIVED)
    received = models.in_modules()["values"]
    assert list(received) == ["Row", "Details", "Strict"]
    assert received["Details"].startswith("class Details(Row)")
    assert "field_" not in received["Details"]
    assert received["Strict"].startswith("class Strict(Received)")


def test_a_schema_of_a_kind_that_is_not_known_is_noticed():
    with pytest.raises(ValueError, match="not known"):
        Models({}).type_of({"type": "tuple"}, RECEIVED, "X")
