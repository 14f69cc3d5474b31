"""Pages for a payer: where a gateway's link leads that asks to approve an order or to confirm a charge."""

from __future__ import annotations

import html
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.gatewaysim.paypal import orders
from sandbox.gatewaysim.responses import SimResponse
from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.stripe import api

_PAGE = """<!doctype html>
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
{form}
"""
_NOBODY = "Nothing waits for its payer here."


def routes(state: SimState) -> list[Route]:
    """`GET` shows what is requested, `POST` says yes to it: JSON for programs, a page for who pressed the button."""

    def page(
        verb: str, waits: Callable[[SimState, str], bool], act: Callable[[SimState, str], SimResponse]
    ) -> Route:
        async def handle(request: Request) -> Response:
            its_id = request.path_params["id"]
            if request.method == "POST":
                response = act(state, its_id)
                if "text/html" not in request.headers.get("accept", ""):
                    return response.to_http()
                return _html(
                    "Payment", "Thank you." if response.status == 200 else _NOBODY, "", response.status
                )
            if not waits(state, its_id):
                return _html(f"{verb} a payment", _NOBODY, "", 404)
            form = f'<form method="post"><button>{verb}</button></form>'
            return _html(f"{verb} a payment", f"{html.escape(its_id)} waits for its payer.", form, 200)

        return Route(f"/sim/{verb.lower()}/{{id}}", handle, methods=["GET", "POST"])

    return [
        page("Approve", orders.waits_for_payer, orders.approve),
        page("Confirm", api.waits_for_payer, api.authenticate),
    ]


def _html(title: str, text: str, form: str, status: int) -> Response:
    return HTMLResponse(_PAGE.format(title=title, text=text, form=form), status)
