"""The page between a form and what it does: what will be done, what follows at once, with the sum on the button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.http.console.context import Console, Visitor
from interfaces.http.console.money_acts import CHANGED, Figure, fingerprint


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is to be confirmed. `hidden` are the form's own fields, `facts` what they mean; `nothing`: what to say where
    no money moves at once; `changed`: it comes back, since the figures are no longer those that were confirmed.
    """

    title: str
    facts: Mapping[str, Any]
    hidden: Mapping[str, str]
    figures: Sequence[Figure]
    button: str
    back: str
    changed: bool = False
    nothing: str = "No bill is paid and nothing is charged by it."


def confirm_page(console: Console, request: Request, visitor: Visitor, of: Confirmation) -> Response:
    """What is confirmed is what is on this page: it carries the figures, and comes back where they have changed."""
    return console.page(
        request, "acts/confirm.html", visitor, 409 if of.changed else 200, title=of.title, of=of,
        changed=CHANGED if of.changed else "",
        hidden={**of.hidden, "step": "confirm", "figures": fingerprint(of.figures)},
    )  # fmt: skip
