"""What operations send: fees, products.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from settle_client import models
from settle_client.requests import Request, request


def add_fees(account: str, fees: Sequence[models.FeeData]) -> Request:
    """Sends the event `fees`."""
    return request("POST", "/accounts/{account}/fees", names={"account": account}, body={"fees": fees})


def activate_product(account: str, product: str) -> Request:
    """Sends the event `product_activated`."""
    return request(
        "POST", "/accounts/{account}/products", names={"account": account}, body={"product": product}
    )
