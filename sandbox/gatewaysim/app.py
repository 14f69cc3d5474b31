"""The server: both providers' APIs, the pages for payers and the control API over one state."""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.gatewaysim import control, pages, webhooks
from sandbox.gatewaysim.paypal import api as paypal
from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.stripe import api as stripe


def build_app(state: SimState) -> Starlette:
    """The stand-in as an ASGI app over this state."""
    # PayPal's first: Stripe's is whatever else begins with its version.
    routes = [*paypal.routes(state), *stripe.routes(state), *pages.routes(state), *control.routes(state)]
    return Starlette(routes=routes, lifespan=webhooks.sending(state))
