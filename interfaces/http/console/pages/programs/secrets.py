"""A secret on a page of its own, this once; it is kept nowhere that could show it again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.http.console.context import Console, Visitor
from interfaces.http.problems import Problem


def secret_page(
    console: Console, request: Request, visitor: Visitor, *, title: str, secret: str | None, lead: str, back: str
) -> Response:  # fmt: skip
    """The secret that was made.

    Raises:
        Problem: `secret` is None, since the form was sent before, and what it made was shown then (409).
    """
    if secret is None:
        raise Problem(
            409, "shown_before", "This form was sent before, and what it made was shown then. Make another."
        )
    return console.page(
        request, "programs/secret.html", visitor, title=title, secret=secret, lead=lead, back=back
    )  # fmt: skip
