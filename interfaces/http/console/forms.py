"""Forms made of the data of events: a field for each, as its schema says; and the data that they bring."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from interfaces.http.console.actions import Action
from interfaces.http.console.context import Console, Visitor
from interfaces.http.console.respond import Form, lines_in
from interfaces.http.console.tokens import new_event_id
from settlement.errors import Refused
from settlement.events.inbound.fields import CYCLE_PATTERN
from settlement.events.registry import EVENTS
from settlement.model.instants import instant_text

Kind = Literal[
    "text",
    "suggested",
    "decimal",
    "month",
    "date",
    "instant",
    "number",
    "choice",
    "several",
    "switch",
    "lines",
]
Schema = Mapping[str, Any]


class FormField(NamedTuple):
    """A field of a form. `options`: of a choice, of several, or those that are suggested
    where anything may be typed; `value`: what it begins with.
    """

    name: str
    label: str
    help: str = ""
    kind: Kind = "text"
    options: Sequence[str] = ()
    required: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form as a page. `back`: where one gets without sending it; `lead`: what it is for."""

    title: str
    fields: Sequence[FormField]
    back: str
    button: str = "Preview"
    lead: str = ""
    reason_required: bool = False


def form_page(
    console: Console, request: Request, visitor: Visitor, of: FormPage, given: Mapping[str, str], wrong: str = "",
    *, was_confirmed: bool = False,
) -> Response:  # fmt: skip
    """A form, filled with what is `given`; with what is `wrong` about that, where something is: then it is a new form,
    since the act that it was may be kept as refused. `was_confirmed`: it was right when it was looked at (409).
    """
    status = 200 if not wrong else 409 if was_confirmed else 422
    fields = [one._replace(value=given.get(one.name, one.value)) for one in of.fields]
    return console.page(
        request, "acts/action.html", visitor, status, title=of.title, of=of, fields=fields, wrong=wrong,
        reason=given.get("reason", ""), event=new_event_id() if wrong else given.get("event") or new_event_id(),
    )  # fmt: skip


def needed_reason(form: Form) -> str:
    """The reason of an act that has to have one.

    Raises:
        Refused: there is none.
    """
    if not form.text("reason"):
        raise Refused("no_reason", "Give a reason; it is kept with the act.")
    return form.text("reason")[:500]


def fields_of(action: Action, given: Mapping[str, str]) -> list[FormField]:
    """The fields of an action's form, filled with what is given."""
    proposed = {action.named: f"{action.named}-{secrets.token_hex(4)}"} if action.named else {}
    values = {**proposed, **given}
    return [
        FormField(
            name, _label(name), schema.get("description", ""), _kind(schema), schema.get("enum", ()), required,
            values.get(name, _default(schema)),
        )
        for name, schema, required in _schemas(action)
    ]  # fmt: skip


def data_of(action: Action, form: Form, zone: tzinfo) -> dict[str, Any]:
    """The data of the event. What was left empty is left out.

    Raises:
        Refused: a field is not what it should be; the rest is checked as every event's data are.
    """
    data: dict[str, Any] = dict(action.set)
    for name, schema, _ in _schemas(action):
        text = form.text(name)
        if text == "":
            continue
        outer, _, inner = name.partition(".")
        value = _value(name, _kind(schema), text, zone)
        if inner:
            data.setdefault(outer, {})[inner] = value
        else:
            data[name] = value
    return data


def _schemas(action: Action) -> Iterator[tuple[str, Schema, bool]]:
    """The fields by name, those of an object in it by `object.field`: with its schema, and if it is needed."""
    whole = EVENTS[action.event].model_json_schema()
    names = action.fields or (() if action.set else tuple(whole.get("properties", ())))
    for name in names:
        outer, _, inner = name.partition(".")
        schema, required = _property(whole, whole, outer)
        if inner:
            schema, required = _property(whole, schema, inner)
        elif action.fields:
            # Of a part of the fields, the first is what it is about.
            required = required or name in (names[0], "currency")
        yield name, schema, required


def _property(whole: Schema, of: Schema, name: str) -> tuple[Schema, bool]:
    schema: Schema = of["properties"][name]
    described = schema.get("description")
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            schema = {**schema, **part}
    if "$ref" in schema:
        schema = {**whole["$defs"][schema["$ref"].rpartition("/")[2]]}
    if described:
        schema = {**schema, "description": described}
    return schema, name in of.get("required", ())


def _kind(schema: Schema) -> Kind:
    match schema.get("type"):
        case "boolean":
            return "switch"
        case "integer":
            return "number"
        case "array":
            return "lines"
        case _:
            return _kind_of_text(schema)


def _kind_of_text(schema: Schema) -> Kind:
    if "enum" in schema:
        return "choice"
    if schema.get("format") == "date-time":
        return "instant"
    if schema.get("format") == "date":
        return "date"
    if "examples" in schema:
        return "decimal"
    return "month" if schema.get("pattern") == CYCLE_PATTERN else "text"


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, list):
        return "\n".join(map(str, default))
    return "" if default is None else str(default)


# What people call a field whose name in events says it otherwise.
_LABELS = {
    "cycle": "Month", "cycles": "Months", "from_cycle": "From month", "until_cycle": "Until month",
    "period_days": "Days to pay", "settlement_cycle": "Bills are due", "day_kind": "Kind of days",
    "main": "Main account",
}  # fmt: skip


def _label(name: str) -> str:
    text = _LABELS.get(name) or name.replace(".", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def _value(name: str, kind: Kind, text: str, zone: tzinfo) -> Any:
    match kind:
        case "switch":
            return text == "yes"
        case "number":
            if not (text.isascii() and text.isdigit() and len(text) < 10):
                raise Refused("bad_shape", f"{_label(name)}: must be a whole number")
            return int(text)
        case "lines":
            return lines_in(text)
        case "instant":
            try:
                at = datetime.fromisoformat(text)
            except ValueError:
                raise Refused("bad_shape", f"{_label(name)}: must be a date with a time") from None
            return instant_text(at if at.tzinfo else at.replace(tzinfo=zone))
        case _:
            return text
