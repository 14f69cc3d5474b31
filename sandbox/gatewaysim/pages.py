"""Pages for a payer: where a gateway's link leads that asks to approve an order or to confirm a charge."""

from __future__ import annotations

import html

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


def routes(state: SimState) -> list[Route]:
    """`GET` shows what is asked for, `POST` says yes to it."""

    async def approve(request: Request) -> Response:
        its_id = request.path_params["id"]
        if request.method == "GET":
            order = state.objects.get(its_id, {})
            return _page("Approve", its_id, waits=order.get("status") == "PAYER_ACTION_REQUIRED")
        return _thanks(request, orders.approve(state, its_id))

    async def confirm(request: Request) -> Response:
        its_id = request.path_params["id"]
        if request.method == "GET":
            return _page("Confirm", its_id, waits=api.waits_for_payer(state, its_id))
        return _thanks(request, api.authenticate(state, its_id))

    return [
        Route("/sim/approve/{id}", approve, methods=["GET", "POST"]),
        Route("/sim/confirm/{id}", confirm, methods=["GET", "POST"]),
    ]


def _page(verb: str, its_id: str, *, waits: bool) -> Response:
    form = f'<form method="post"><button>{verb}</button></form>' if waits else ""
    text = f"{html.escape(its_id)} waits for its payer." if waits else "Nothing waits for its payer here."
    return HTMLResponse(_PAGE.format(title=f"{verb} a payment", text=text, form=form), 200 if waits else 404)


def _thanks(request: Request, response: SimResponse) -> Response:
    """JSON for programs, a page for whoever pressed the button."""
    if "text/html" not in request.headers.get("accept", ""):
        return response.to_http()
    text = "Thank you." if response.status == 200 else "Nothing waits for its payer here."
    return HTMLResponse(_PAGE.format(title="Payment", text=text, form=""), response.status)
