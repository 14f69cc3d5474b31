"""The kinds of text of what is published, as types that say what they look like."""

from __future__ import annotations

from typing import Annotated, NamedTuple


class Pattern(NamedTuple):
    """What a kind of text looks like, as a regular expression."""

    text: str


class Format(NamedTuple):
    """What a kind of text is, in the words of JSON Schema."""

    text: str


Amount = Annotated[str, Pattern(r"^\d+(\.\d+)?$")]
SignedAmount = Annotated[str, Pattern(r"^-?\d+(\.\d+)?$")]
CycleText = Annotated[str, Pattern(r"^\d{4}-\d{2}$")]
CurrencyCode = Annotated[str, Pattern(r"^[A-Z]{3}$")]
InstantText = Annotated[str, Format("date-time")]
DayText = Annotated[str, Format("date")]
