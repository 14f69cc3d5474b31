"""What a validation found wrong, in our own words instead of the library's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST_FAULTS = 3
_WORDS = {
    "extra_forbidden": "this field is not known",
    "missing": "this field is missing",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must look like {pattern}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "timezone_aware": "must be an instant with its zone, like 2026-10-20T09:00:00Z",
    "zoneinfo_str": "must be a time zone, like Asia/Shanghai",
}
# For the notation that a pattern is of.
_PATTERNS = {
    r"^\d{4}-(0[1-9]|1[0-2])$": "2026-10, with a month from 01 to 12",
    r"^[A-Z]{3}$": "USD, three capital letters",
}


def faults_text(error: ValidationError, *, within: str = "", most: int = MOST_FAULTS) -> str:
    """Names up to `most` fields with what is wrong; what has more faults than that has another problem."""
    faults = error.errors(include_url=False, include_input=False)[:most]
    return "; ".join(f"{_place(fault, within)}: {words(fault)}" for fault in faults)


def _place(fault: ErrorDetails, within: str) -> str:
    return ".".join([*([within] if within else []), *map(str, fault["loc"])]) or "event"


def words(fault: ErrorDetails) -> str:
    """What is wrong at one place."""
    kind, context = fault["type"], _context(fault.get("ctx", {}))
    if kind == "value_error":
        return str(context["error"])
    if kind.startswith(("datetime", "date_")):
        return "must be a date or instant in ISO 8601, like 2026-10-20T09:00:00Z"
    if kind.startswith("time_"):
        return "must be a time of day, like 12:00"
    return _WORDS.get(kind, "is not of the kind that is wanted here").format_map(context)


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    pattern = context.get("pattern")
    return {**context, "pattern": _PATTERNS.get(str(pattern), pattern)}
